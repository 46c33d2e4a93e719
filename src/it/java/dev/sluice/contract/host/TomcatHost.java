package dev.sluice.contract.host;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * An unmodified Tomcat, with the WAR as {@link #WAR} of its own CATALINA_BASE. Its connector has the settings that a
 * byte-exact proxy needs, and its default threads.
 */
public final class TomcatHost extends Host {

    /** The WAR in the host's directory. If it is deleted, Tomcat undeploys Sluice, and goes on, within a second. */
    public static final String WAR = "webapps/ROOT.war";

    private static final String HOST = "<Host name=\"localhost\"";
    private static final String ENGINE = "<Engine name=\"Catalina\"";
    private static final String CONNECTOR = "port=\"8080\" protocol=\"HTTP/1.1\"";
    private static final String NIO = "HTTP/1.1";
    private static final String NIO2 = "org.apache.coyote.http11.Http11Nio2Protocol";

    /** Small DATA and WINDOW_UPDATE frames do not count as an attack. */
    private static final String HTTP2 = "<UpgradeProtocol className=\"org.apache.coyote.http2.Http2Protocol\""
            + " overheadDataThreshold=\"0\" overheadWindowUpdateThreshold=\"0\" />";

    /** From the connector's attributes to its end: the element is empty. */
    private static final Pattern CONNECTORS_END = Pattern.compile("(<Connector " + CONNECTOR + "[^>]*)/>");

    private final Path home;
    private final boolean hasErrorPages;
    private final boolean speaksHttp2;
    private final String protocol;
    private final String war;

    private TomcatHost(
            String name, Path home, boolean hasErrorPages, boolean speaksHttp2, String protocol, String war) {
        super(name);
        this.home = home;
        this.hasErrorPages = hasErrorPages;
        this.speaksHttp2 = speaksHttp2;
        this.protocol = protocol;
        this.war = war;
    }

    private static TomcatHost of(String name, String version, boolean hasErrorPages) {
        return new TomcatHost(name, container("apache-tomcat-" + required(version)), hasErrorPages, false, NIO, WAR);
    }

    public static TomcatHost tomcat10() {
        return of("tomcat-10.1", "tomcat10.version", true);
    }

    /** Without Tomcat's own error pages. */
    public static TomcatHost tomcat11() {
        return of("tomcat-11", "tomcat11.version", false);
    }

    /** The same, with a connector that also speaks HTTP/2, without TLS. */
    public TomcatHost withHttp2() {
        return new TomcatHost(this + "-http2", home, hasErrorPages, true, protocol, war);
    }

    /** The same, with Tomcat's other connector, which writes asynchronously. */
    public TomcatHost withNio2() {
        return new TomcatHost(this + "-nio2", home, hasErrorPages, speaksHttp2, NIO2, war);
    }

    /**
     * The same, where Sluice does not get all paths.
     *
     * @param name of the context: the only segment of its path
     */
    public TomcatHost under(String name) {
        return new TomcatHost(
                this + "-" + name, home, hasErrorPages, speaksHttp2, protocol, "webapps/" + name + ".war");
    }

    @Override
    List<String> prepare(Path base, int port) throws IOException {
        copyDirectory(home.resolve("conf"), base.resolve("conf"));
        for (String name : List.of("logs", "temp", "work", "webapps")) {
            Files.createDirectory(base.resolve(name));
        }
        Path serverXml = base.resolve("conf/server.xml");
        Files.writeString(serverXml, configured(Files.readString(serverXml), port));
        Files.copy(war(), base.resolve(war));
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

    /**
     * With continueResponseTiming="onRead", Tomcat would never send 100 Continue for a servlet that reads without
     * blocking.
     */
    @Override
    public boolean asksForBodiesByItself() {
        return true;
    }

    @Override
    public boolean readsOnAfterAnswers() {
        return false;
    }

    /** Tomcat would hold them back until the final response. */
    @Override
    public boolean sendsInterimResponses() {
        return false;
    }

    private String configured(String serverXml, int port) {
        if (!serverXml.contains(CONNECTOR)) {
            throw new IllegalStateException("Tomcat's server.xml has another connector than it used to have");
        }
        String connector = speaksHttp2 ? "$1>" + HTTP2 + "</Connector>" : "$0";
        return CONNECTORS_END
                .matcher(serverXml)
                .replaceFirst(connector)
                .replace("<Server port=\"8005\"", "<Server port=\"-1\"")
                .replace(ENGINE, ENGINE + " backgroundProcessorDelay=\"1\"")
                .replace(HOST, hasErrorPages ? HOST : HOST + " errorReportValveClass=\"\"")
                .replace(
                        CONNECTOR,
                        "port=\"" + port + "\" protocol=\"" + protocol + "\""
                                + " encodedSolidusHandling=\"passthrough\" maxKeepAliveRequests=\"-1\" allowTrace=\"true\" maxHeaderCount=\"200\""
                                + " allowedTrailerHeaders=\"x-checksum\" URIEncoding=\"ISO-8859-1\""
                                + " relaxedQueryChars=\"[]{}|\\^`\"");
    }
}
