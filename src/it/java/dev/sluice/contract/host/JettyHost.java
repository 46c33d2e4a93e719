package dev.sluice.contract.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A jetty-home distribution with the project's {@code jetty-base/}, which is made for ee10; for ee11 that word is exchanged in it. */
public final class JettyHost extends Host {

    private final String environment;

    private JettyHost(String environment) {
        super("jetty-" + environment);
        this.environment = environment;
    }

    public static JettyHost ee10() {
        return new JettyHost("ee10");
    }

    public static JettyHost ee11() {
        return new JettyHost("ee11");
    }

    @Override
    List<String> prepare(Path base, int port) throws IOException {
        copyDirectory(property("sluice.jetty-base"), base);
        if (!environment.equals("ee10")) {
            exchangeEnvironment(base);
        }
        Path home = container("jetty-home-" + required("jetty-home.version"));
        return List.of(
                "-Dsluice.war=" + war(),
                "-jar",
                home.resolve("start.jar").toString(),
                "jetty.home=" + home,
                "jetty.base=" + base);
    }

    private void exchangeEnvironment(Path base) throws IOException {
        try (Stream<Path> files = Files.walk(base)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.writeString(file, Files.readString(file).replace("ee10", environment));
            }
        }
    }
}
