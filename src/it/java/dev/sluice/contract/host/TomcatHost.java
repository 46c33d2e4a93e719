package dev.sluice.contract.host;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A Tomcat as it comes, with the WAR as {@code webapps/ROOT.war} of a CATALINA_BASE of its own. Its connector has the settings that a
 * byte-exact proxy needs, and its default threads.
 */
public final class TomcatHost extends Host {

    private static final String CONNECTOR = "port=\"8080\" protocol=\"HTTP/1.1\"";

    private final Path home;

    private TomcatHost(String name, String version) {
        super(name);
        this.home = container("apache-tomcat-" + version);
    }

    public static TomcatHost tomcat10() {
        return new TomcatHost("tomcat-10.1", required("tomcat10.version"));
    }

    public static TomcatHost tomcat11() {
        return new TomcatHost("tomcat-11", required("tomcat11.version"));
    }

    @Override
    List<String> prepare(Path base, int port) throws IOException {
        copyDirectory(home.resolve("conf"), base.resolve("conf"));
        for (String name : List.of("logs", "temp", "work", "webapps")) {
            Files.createDirectory(base.resolve(name));
        }
        Path serverXml = base.resolve("conf/server.xml");
        Files.writeString(serverXml, configured(Files.readString(serverXml), port));
        Files.copy(war(), base.resolve("webapps/ROOT.war"));
        return List.of(
                "-Djava.util.logging.config.file=" + base.resolve("conf/logging.properties"),
                "-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager",
                "-Dcatalina.home=" + home,
                "-Dcatalina.base=" + base,
                "-Djava.io.tmpdir=" + base.resolve("temp"),
                "-cp",
                home.resolve("bin/bootstrap.jar") + File.pathSeparator + home.resolve("bin/tomcat-juli.jar"),
                "org.apache.catalina.startup.Bootstrap",
                "start");
    }

    /** With continueResponseTiming="onRead" it would not ask a servlet's non-blocking client at all. */
    @Override
    public boolean asksForBodiesByItself() {
        return true;
    }

    /** It would keep them until the answer. */
    @Override
    public boolean sendsInterimAnswers() {
        return false;
    }

    private static String configured(String serverXml, int port) {
        if (!serverXml.contains(CONNECTOR)) {
            throw new IllegalStateException("Tomcat's server.xml has another connector than it used to have");
        }
        return serverXml
                .replace("<Server port=\"8005\"", "<Server port=\"-1\"")
                .replace(
                        CONNECTOR,
                        "port=\"" + port + "\" protocol=\"HTTP/1.1\""
                                + " encodedSolidusHandling=\"passthrough\" maxKeepAliveRequests=\"-1\" allowTrace=\"true\""
                                + " allowedTrailerHeaders=\"x-checksum\"");
    }
}
