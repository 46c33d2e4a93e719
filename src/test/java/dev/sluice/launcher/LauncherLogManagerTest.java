package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.Properties;
import org.eclipse.jetty.util.HostPort;
import org.junit.jupiter.api.Test;

class LauncherLogManagerTest {

    @Test
    void jettyDoesNotLogWhatClientsSentAsHost() throws Exception {
        Properties properties = new Properties();
        try (InputStream file = LauncherLogManager.class.getResourceAsStream("logging.properties")) {
            properties.load(file);
        }
        assertThat(properties).containsEntry(HostPort.class.getName() + ".level", "OFF");
    }
}
