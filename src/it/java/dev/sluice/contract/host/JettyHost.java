package dev.sluice.contract.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A jetty-home distribution with the project's {@code jetty-base/}, which is made for ee10. For ee11, that word is
 * replaced in all its files.
 */
public final class JettyHost extends Host {

    private static final String ROOT = "ROOT";

    private final String environment;
    private final List<String> modules;
    private final String context;

    private JettyHost(String name, String environment, String context, String... modules) {
        super(name);
        this.environment = environment;
        this.context = context;
        this.modules = List.of(modules);
    }

    private JettyHost(String environment, String... modules) {
        this("jetty-" + environment, environment, ROOT, modules);
    }

    /** With these modules in addition to Sluice's own. */
    public static JettyHost ee10(String... modules) {
        return new JettyHost("ee10", modules);
    }

    public static JettyHost ee11() {
        return new JettyHost("ee11");
    }

    /**
     * The same, where Sluice does not get all paths.
     *
     * @param name of the context: the only segment of its path
     */
    public JettyHost under(String name) {
        return new JettyHost(this + "-" + name, environment, name, modules.toArray(String[]::new));
    }

    /** Jetty's parser, at the end of input in state CHUNK_END, at least up to 12.1.14. */
    @Override
    public boolean takesACutChunkForTheLast() {
        return true;
    }

    @Override
    List<String> prepare(Path base, int port) throws IOException {
        copyDirectory(property("sluice.jetty-base"), base);
        if (!environment.equals("ee10")) {
            exchangeEnvironment(base);
        }
        if (!context.equals(ROOT)) {
            rename(base.resolve("webapps"));
        }
        Path home = container("jetty-home-" + required("jetty-home.version"));
        List<String> command = new ArrayList<>(List.of(
                "-Dsluice.war=" + war(),
                "-jar",
                home.resolve("start.jar").toString(),
                "jetty.home=" + home,
                "jetty.base=" + base));
        modules.forEach(module -> command.add("--module=" + module));
        return command;
    }

    /** Not so in the launcher's Jetty, which has an error handler of its own. */
    @Override
    public boolean leavesRefusedConnectionsOpen() {
        return true;
    }

    private void rename(Path webapps) throws IOException {
        Path descriptor = webapps.resolve(ROOT + ".xml");
        Files.writeString(
                webapps.resolve(context + ".xml"),
                Files.readString(descriptor).replace(">/</Set>", ">/" + context + "</Set>"));
        Files.delete(descriptor);
        Files.move(webapps.resolve(ROOT + ".properties"), webapps.resolve(context + ".properties"));
    }

    private void exchangeEnvironment(Path base) throws IOException {
        try (Stream<Path> files = Files.walk(base)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.writeString(file, Files.readString(file).replace("ee10", environment));
            }
        }
    }
}
