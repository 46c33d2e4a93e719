package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlotTest {

    private static String plot(List<Integer> perSecond, int highest) {
        Html html = new Html();
        Plot.draw(html, perSecond, highest);
        return html.toString();
    }

    @Test
    void eachSecondIsAStepOfItsHeight() {
        assertThat(plot(List.of(0, 0, 10, 10, 10, 5), 20)).contains("d=\"M0 100h2V50h3V75h1V100Z\"");
    }

    @Test
    void whatIsNotNothingCanBeSeen() {
        assertThat(plot(List.of(1, 0, 1000), 1000)).contains("d=\"M0 100V94h1V100h1V0h1V100Z\"");
    }

    @Test
    void nothingIsALine() {
        assertThat(plot(List.of(0, 0, 0), 0)).contains("viewBox=\"0 0 3 100\"").contains("d=\"M0 100h3V100Z\"");
    }

    @Test
    void itSaysInWordsWhatItShows() {
        assertThat(plot(List.of(3, 12, 4), 20))
                .contains("<title>Requests per second in the last minute: now 4, at most 12<");
    }
}
