package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The status page as a person sees it. */
@Timeout(120)
class StatusPageIT {

    /** A browser would execute this if it took it for anything but text. */
    private static final String HOSTILE = "<img src=x onerror=document.title='run'>";

    private static ScriptedTarget steady;
    private static ScriptedTarget mortal;
    private static ScriptedTarget hostile;
    private static HostProcess host;
    private static Browser browser;

    @BeforeAll
    static void start(@TempDir Path profile) throws IOException {
        steady = ScriptedTarget.of("steady", new Scenes());
        mortal = ScriptedTarget.of("mortal", new Scenes());
        hostile = ScriptedTarget.of("hostile", new Scenes(exchange -> exchange.send(HOSTILE + "\r\n\r\n")));
        Settings settings = new Settings();
        settings.set("ADMIN_PATH", Stage.ADMIN_PATH);
        settings.groupAtItsName("web", steady.address(), mortal.address());
        checkEachSecond(settings);
        settings.group(HOSTILE, hostile.address());
        checkEachSecond(settings);
        host = new LauncherHost().start(settings.variables()).awaitReady("/web");
        browser = Browser.start(profile, page());
    }

    private static void checkEachSecond(Settings settings) {
        settings.with("HEALTH_CHECK_PATH", "/health");
        settings.with("HEALTH_CHECK_INTERVAL_SECONDS", "1");
    }

    private static String page() {
        return "http://127.0.0.1:" + host.port() + Stage.ADMIN_PATH;
    }

    @AfterAll
    static void stop() throws IOException {
        if (browser != null) {
            browser.close();
        }
        host.close();
        for (ScriptedTarget target : new ScriptedTarget[] {steady, mortal, hostile}) {
            target.close();
        }
    }

    /** A JavaScript expression: the text of the first element that matches the selector. */
    private static String text(String selector) {
        return "document.querySelector('" + selector + "')?.textContent";
    }

    private static String stateOf(ScriptedTarget target) {
        return "[...document.querySelectorAll('.targets tbody tr')].find(row => row.textContent.includes('"
                + target.address() + "'))?.querySelector('.badge').textContent";
    }

    @Test
    void itLivesAndNothingThatTargetsSayIsRun() {
        browser.show(page());
        browser.awaitValue("location.pathname", Stage.ADMIN_PATH + "/status");
        browser.awaitValue(stateOf(steady), "HEALTHY");
        browser.awaitValue(stateOf(hostile), "UNHEALTHY");
        browser.awaitValue(text("#group-2 h2"), HOSTILE.replace("\"", "\\\""));
        assertThat(browser.evaluate(text("#group-2 .reason"))).contains(HOSTILE);
        assertThat(browser.evaluate("document.images.length")).isEqualTo("0");
        assertThat(browser.evaluate("document.title")).isEqualTo("Sluice: status");
        assertThat(browser.evaluate("document.getElementById('connection').hidden"))
                .isEqualTo("true");

        browser.evaluate("window.stays = document.querySelector('main h1').firstChild");
        browser.awaitValue(stateOf(mortal), "HEALTHY");
        closeMortal();
        browser.awaitValue(stateOf(mortal), "UNHEALTHY");
        assertThat(browser.evaluate("window.stays === document.querySelector('main h1').firstChild"))
                .as("the page was not loaded again, nor made anew")
                .isEqualTo("true");
        assertThat(browser.complaints()).isEmpty();
    }

    private static void closeMortal() {
        try {
            mortal.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** There are places for twenty. */
    @Test
    void itDoesNotSayThatSluiceIsGoneWhereTooManyAreWatching() throws IOException {
        browser.show("about:blank");
        List<Wire> viewers = new ArrayList<>();
        try {
            await().until(() -> {
                Wire viewer = Wire.connect(host.port());
                if (watches(viewer)) {
                    viewers.add(viewer);
                } else {
                    viewer.close();
                }
                return viewers.size() == 20;
            });
            browser.show(page() + "/status");
            browser.awaitValue(text("#connection") + ".replace(/.*: /, '')", "there are no updates now. Trying again.");
        } finally {
            for (Wire viewer : viewers) {
                viewer.close();
            }
        }
        browser.awaitValue("document.getElementById('connection').hidden", "true");
    }

    private static boolean watches(Wire viewer) throws IOException {
        viewer.sendHead("GET " + Stage.ADMIN_PATH + "/events HTTP/1.1", "Host: localhost");
        return viewer.readHead().status() == 200;
    }

    @Test
    void itFitsAPhoneAndADesk() {
        assertFits(390, "grid");
        assertFits(1280, "table-row");
    }

    private static void assertFits(int width, String layout) {
        browser.resize(width, 844);
        browser.show(page() + "/status");
        browser.awaitValue("getComputedStyle(document.querySelector('.targets tbody tr')).display", layout);
        assertThat(browser.evaluate("innerWidth")).isEqualTo(Integer.toString(width));
        assertThat(browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                .as("what a sideways scroll would show")
                .isEqualTo("0");
    }
}
