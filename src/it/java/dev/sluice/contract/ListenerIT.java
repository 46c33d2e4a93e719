package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.Concurrently;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.JettyHost;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.Certificates;
import dev.sluice.contract.wire.Filling;
import dev.sluice.contract.wire.FreePort;
import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Http2Client;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.TargetExchange;
import dev.sluice.contract.wire.Wire;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the listener of {@code java -jar sluice.war} speaks, and what it withstands. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class ListenerIT {

    private static final Path FILES = Path.of("src", "test", "resources", "dev", "sluice", "launcher", "tls");
    private static final String REQUEST_LINE = "GET /scripted HTTP/1.1";

    /** More frames than anybody takes in a second. */
    private static final int FLOOD = 1_000_000;

    private final Scenes scenes = new Scenes();
    private ScriptedTarget target;
    private HostProcess host;
    private int tlsPort;
    private HttpClient client;

    @TempDir
    static Path directory;

    @BeforeAll
    void open() throws Exception {
        target = ScriptedTarget.of("scripted", scenes);
        tlsPort = FreePort.any();
        use("rsa.pem", "chain.pem");
        use("rsa.key", "key.pem");
        Map<String, String> variables = new HashMap<>(everythingToTheTarget());
        variables.put("LISTENER_TLS_PORT", Integer.toString(tlsPort));
        variables.put(
                "LISTENER_TLS_CERTIFICATE_FILE", directory.resolve("chain.pem").toString());
        variables.put("LISTENER_TLS_KEY_FILE", directory.resolve("key.pem").toString());
        variables.put("REQUEST_HEADER_TIMEOUT_SECONDS", "1");
        variables.put("MAX_REQUEST_HEADER_BYTES", "12000");
        variables.put("MAX_REQUEST_URI_BYTES", "4000");
        variables.put("ADMIN_PATH", "/-/sluice");
        variables.put("ACCESS_LOG", "ALB");
        host = new LauncherHost().start(variables);
        host.awaitReady("/ready");
        client = HttpClient.newBuilder().sslContext(trusting("ca.pem")).build();
    }

    @AfterAll
    void close() throws IOException {
        for (Closeable resource : Arrays.asList(host, target)) {
            if (resource != null) {
                resource.close();
            }
        }
    }

    private Map<String, String> tls(int port, Path certificate, Path key) {
        Map<String, String> variables = new HashMap<>(everythingToTheTarget());
        variables.put("LISTENER_TLS_PORT", Integer.toString(port));
        variables.put(
                "LISTENER_TLS_CERTIFICATE_FILE", certificate.toAbsolutePath().toString());
        variables.put("LISTENER_TLS_KEY_FILE", key.toAbsolutePath().toString());
        return variables;
    }

    private Map<String, String> everythingToTheTarget() {
        return Map.of(
                "TARGET_GROUP_1_NAME", "web",
                "TARGET_GROUP_1_TARGETS", target.address(),
                "LISTENER_RULE_1_PATH_PREFIX", "/",
                "LISTENER_RULE_1_TARGET_GROUP", "web");
    }

    /** Atomically replaces a file that the listener watches. */
    private void use(String file, String as) throws IOException {
        Path copy = Files.copy(FILES.resolve(file), directory.resolve(as + ".next"));
        Files.move(copy, directory.resolve(as), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static SSLContext trusting(String authority) throws Exception {
        return Certificates.trusting(FILES.resolve(authority));
    }

    private HttpRequest.Builder request(String scheme, int port, Scene scene) {
        String[] field = scene.field().split(": ", 2);
        return HttpRequest.newBuilder(URI.create(scheme + "://localhost:" + port + "/scripted?a=b"))
                .timeout(Wire.PATIENCE)
                .header(field[0], field[1]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void presentVersionsOfTlsAreSpoken(String version) throws Exception {
        try (SSLSocket socket = handshake(version)) {
            assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            socket.getOutputStream().write("GET /of-tls HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            host.awaitLogLine("/of-tls", socket.getSession().getCipherSuite() + " " + version);
        }
    }

    /** Such as {@code curl --http1.0}. Once, its connection was closed without a word. */
    @Test
    void aClientMayOfferHttp10Only() throws Exception {
        try (SSLSocket socket = handshake(new Socket(InetAddress.getLoopbackAddress(), tlsPort), "", "http/1.0")) {
            assertThat(socket.getApplicationProtocol()).isEqualTo("http/1.0");
            socket.getOutputStream().write("GET /of-old HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().readNBytes(9)).asString().isEqualTo("HTTP/1.1 ");
        }
    }

    /**
     * The JDK's own clients can no longer offer these versions: the bytes are a ClientHello of RFC 2246 and RFC 4346.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void formerVersionsOfTlsAreNot(int minor) throws IOException {
        String hello = "\u0003" + (char) minor + "r".repeat(32) + "\0\0\u0004\u00c0\u0013\0/\u0001\0";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), tlsPort)) {
            socket.setSoTimeout((int) Wire.PATIENCE.toMillis());
            String record =
                    "\u0016\u0003\u0001\0" + (char) (hello.length() + 4) + "\u0001\0\0" + (char) hello.length() + hello;
            socket.getOutputStream().write(record.getBytes(StandardCharsets.ISO_8859_1));
            byte[] alert = socket.getInputStream().readNBytes(7);
            assertThat(alert[0]).as("an alert").isEqualTo((byte) 21);
            assertThat(alert[6]).as("protocol_version, RFC 8446 section 6").isEqualTo((byte) 70);
        }
    }

    private SSLSocket handshake(String version) throws Exception {
        return handshake(new Socket(InetAddress.getLoopbackAddress(), tlsPort), version);
    }

    /**
     * @param version empty for any
     * @param protocols offered by ALPN; none for no ALPN
     */
    private SSLSocket handshake(Socket connection, String version, String... protocols) throws Exception {
        SSLSocket socket =
                (SSLSocket) trusting("ca.pem").getSocketFactory().createSocket(connection, "localhost", tlsPort, true);
        socket.setSoTimeout((int) Wire.PATIENCE.toMillis());
        if (!version.isEmpty()) {
            socket.setEnabledProtocols(new String[] {version});
        }
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        try {
            socket.startHandshake();
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    @ParameterizedTest
    @CsvSource({"HTTP_2", "HTTP_1_1"})
    void clientAndListenerAgreeOnTheVersionOfHttp(HttpClient.Version version) throws Exception {
        Scene scene = scenes.add(Script.OK);
        HttpResponse<String> response =
                client.send(request("https", tlsPort, scene).version(version).build(), BodyHandlers.ofString());
        assertThat(response.version()).isEqualTo(version);
        assertThat(response.body()).isEqualTo("ok");
        assertThat(scene.request().requestTarget()).isEqualTo("/scripted?a=b");
        assertThat(scene.request().values("X-Forwarded-Proto")).containsExactly("https");
        assertThat(scene.request().values("X-Forwarded-Port")).containsExactly(Integer.toString(tlsPort));
        assertThat(scene.request().values("X-Forwarded-Host")).containsExactly("localhost:" + tlsPort);
    }

    /**
     * Once, every GET was forwarded with an empty chunked body: only to a reader does Jetty report that a request ended
     * with its head.
     */
    @Test
    void aRequestThatEndsWithItsHeadHasNoBodyAtTheTarget() throws Exception {
        Scene scene = scenes.add(Script.OK);
        client.send(request("https", tlsPort, scene).build(), BodyHandlers.ofString());
        assertThat(scene.request().names()).doesNotContain("transfer-encoding", "content-length");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bodiesPassBothWaysInHttp2(boolean ofKnownLength) throws Exception {
        Scene scene = scenes.add(exchange -> {
            byte[] body = exchange.body().readAllBytes();
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk(new String(body, StandardCharsets.ISO_8859_1));
            exchange.sendLastChunk();
        });
        ByteArrayOutputStream filling = new ByteArrayOutputStream();
        Filling.write(filling, 1024 * 1024);
        byte[] body = filling.toByteArray();
        HttpRequest.BodyPublisher known = BodyPublishers.ofByteArray(body);
        HttpResponse<byte[]> response = client.send(
                request("https", tlsPort, scene)
                        .POST(ofKnownLength ? known : BodyPublishers.fromPublisher(known))
                        .build(),
                BodyHandlers.ofByteArray());
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(response.body()).isEqualTo(body);
        assertThat(scene.request().names()).contains(ofKnownLength ? "content-length" : "transfer-encoding");
    }

    /** A browser sends a field for each cookie; HTTP/1.1 has one for all. */
    @Test
    void cookiesBecomeOneField() throws Exception {
        Scene scene = scenes.add(Script.OK);
        client.send(
                request("https", tlsPort, scene)
                        .header("Cookie", "a=1")
                        .header("Cookie", "b=2")
                        .build(),
                BodyHandlers.ofString());
        assertThat(scene.request().values("Cookie")).containsExactly("a=1; b=2");
    }

    @Test
    void aClientThatTakesItsRequestBackFreesTheTarget() throws Exception {
        Scene scene = scenes.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("begun");
            exchange.awaitEnd();
        });
        HttpResponse<InputStream> response =
                client.send(request("https", tlsPort, scene).build(), BodyHandlers.ofInputStream());
        assertThat(response.body().readNBytes(5)).hasSize(5);
        response.body().close();
        await().until(() -> scene.inProgress() == 0);
        assertThat(host.log()).noneMatch(line -> line.contains("Sluice is shutting down"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http2-prior-knowledge", "--http2", "--http1.1"})
    void curlIsServed(String option) throws Exception {
        String version = curl("--version");
        assumeTrue(version.contains("HTTP2"), "there is no curl here that speaks HTTP/2");
        boolean tls = !option.equals("--http2-prior-knowledge");
        String answer = curl(
                option,
                "--cacert",
                FILES.resolve("ca.pem").toString(),
                "-w",
                " %{http_code} %{http_version}",
                (tls ? "https" : "http") + "://localhost:" + (tls ? tlsPort : host.port()) + "/curl");
        assertThat(answer).isEqualTo("ok 200 " + (option.equals("--http1.1") ? "1.1" : "2"));
    }

    private static String curl(String... arguments) throws Exception {
        try {
            Process curl = new ProcessBuilder(
                            Stream.concat(Stream.of("curl", "-sS", "-m", "20"), Arrays.stream(arguments))
                                    .toList())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            curl.waitFor(20, TimeUnit.SECONDS);
            return output;
        } catch (IOException e) {
            return "there is no curl: " + e.getMessage();
        }
    }

    /** Jetty reads the first bytes as HTTP/1.1, and hands them over. */
    @Test
    void theFirstThatComesInHttp2MayBeMuch() throws Exception {
        try (Http2Client client = Http2Client.connectTalkative(host.port())) {
            assertThat(client.sendHead("PUT", "/curl").end("body").readResponse())
                    .contains(":status: 200");
        }
    }

    /**
     * RFC 9113 section 8.1.1. Jetty checks this only when data arrives. Once, the target waited for data that never
     * came, and was blamed.
     */
    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "POST"})
    void aBodyThatIsPromisedAndDoesNotComeIsTheClientsFault(String method) throws Exception {
        try (Http2Client client = Http2Client.connect(host.port())) {
            assertThat(client.sendWithoutBody(method, "/curl", "Content-Length: 5")
                            .readResponse())
                    .contains(":status: 400");
        }
    }

    /** Once, Jetty reset such a request without a word, and its target was occupied for ever. */
    @ParameterizedTest
    @CsvSource({"1, true", "1, false", "3000, true", "3000, false"})
    void aBodyThatTurnsOutToHaveAnotherLengthIsTheClientsFault(int length, boolean tls) throws Exception {
        Scene scene = scenes.add(exchange -> exchange.readBody());
        try (Http2Client client =
                tls ? Http2Client.connect(tlsPort, trusting("ca.pem")) : Http2Client.connect(host.port())) {
            client.sendHead("POST", "/scripted", scene.field(), "Content-Length: 1000");
            await().until(() -> !scene.requests().isEmpty()); // so that Jetty's listener waits for data
            client.end("x".repeat(length));
            await().until(() -> !scene.failures().isEmpty());
        }
        host.awaitLogLine("400 POST /scripted");
    }

    /** Once, Jetty forgot a request whose 100 Continue it could not send any more, and never asked for its body. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anUploadEndsWhoseClientLeavesBefore100Continue(boolean tls) throws Exception {
        Scene scene = scenes.add(TargetExchange::readBody);
        for (int connection = 0; connection < 50; connection++) {
            try (Http2Client client =
                    tls ? Http2Client.connect(tlsPort, trusting("ca.pem")) : Http2Client.connect(host.port())) {
                for (int stream = 0; stream < 20; stream++) {
                    client.sendHead("PUT", "/scripted", scene.field(), "Expect: 100-continue");
                }
                client.awaitHead(); // the first 100 Continue: others follow
            }
        }
        String inFlight = "sluice_requests_in_flight{group=\"web\",target=\"" + target.address() + "\"}";
        assertThat(ReloadIT.metrics(host).lines()).anyMatch(line -> line.startsWith(inFlight));
        await().atMost(Wire.PATIENCE).until(() -> metric(inFlight) == 0);
    }

    /** Its value; 0 if it is not there. */
    private double metric(String nameAndLabels) throws IOException {
        return ReloadIT.metrics(host)
                .lines()
                .filter(line -> line.startsWith(nameAndLabels + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(nameAndLabels.length() + 1)))
                .sum();
    }

    /** RFC 9113 section 10.5. Whoever takes no answers would leave them waiting here. */
    @Test
    void whoPingsForNothingIsCutOff() throws Exception {
        try (Http2Client client = Http2Client.connect(host.port())) {
            assertCutOff(client::ping);
        }
    }

    /** RFC 9113 section 10.5. Otherwise targets would work for nothing, beyond all limits. */
    @Test
    void whoResetsWhatIsNotAnsweredIsCutOff() throws Exception {
        try (Http2Client client = Http2Client.connect(host.port())) {
            assertCutOff(() -> client.sendHead("POST", "/reset").reset());
        }
    }

    /** Each of these is refused, which its client does not take either. */
    @Test
    void whoOpensMoreStreamsThanItMayIsCutOff() throws Exception {
        try (Http2Client client = Http2Client.connect(host.port())) {
            assertCutOff(() -> client.sendHead("POST", "/more"));
        }
    }

    /** RFC 9113 section 5.1. What was on its way when the stream ended is ignored; else nothing would limit what comes. */
    @Test
    void whoSendsForEverWhatNobodyReadsIsCutOff() throws Exception {
        Scene scene = scenes.add(Script.BREAK_OFF);
        try (Http2Client client = Http2Client.connect(host.port())) {
            client.sendHead("POST", "/scripted", scene.field()).awaitBody();
            client.send("x").awaitReset();
            String much = "x".repeat(10_000);
            assertCutOff(() -> client.send(much));
        }
    }

    private static void assertCutOff(Callable<?> flood) {
        assertThatThrownBy(() -> {
                    for (int i = 0; i < FLOOD; i++) {
                        flood.call();
                    }
                })
                .isInstanceOf(SocketException.class);
    }

    /**
     * RFC 9113 section 8.5. Once, the rest of such a request was read, of which Jetty has nothing, and says for ever
     * that it has something.
     */
    @Test
    void aConnectIsRefusedAndOver() throws Exception {
        String refused = "sluice_requests_total{group=\"\",method=\"other\",rule=\"\",status=\"4xx\",target=\"\"}";
        double before = metric(refused);
        try (Http2Client client = Http2Client.connect(host.port())) {
            assertThat(client.sendWithoutBody("CONNECT", "/tunnel").readResponse())
                    .contains(":status: 405");
            await().atMost(Wire.PATIENCE).until(() -> metric(refused) == before + 1);
        }
    }

    /** Once, it was answered 500, with a stack trace in the log. */
    @ParameterizedTest
    @ValueSource(strings = {"a@b", "b:x", "[::", "a:99999999"})
    void aHostThatIsMalformedBesideAnAuthorityIsRefused(String malformed) throws Exception {
        try (Http2Client client = Http2Client.connect(host.port())) {
            assertThat(client.sendWithoutBody("GET", "/curl", "Host: " + malformed)
                            .readResponse())
                    .contains(":status: 400");
        }
        assertNotLogged("IllegalArgumentException", malformed);
    }

    /** Once, Jetty logged it as it came: 30 KB with each request, if its client liked. */
    @Test
    void aSecondHostIsNotLogged() throws Exception {
        try (Wire wire = Wire.connect(host.port())) {
            assertThat(wire.sendHead("GET /twice HTTP/1.1", "Host: localhost", "Host: logged-as-it-came")
                            .readReply()
                            .status())
                    .isEqualTo(400);
        }
        assertNotLogged("logged-as-it-came", "second-host");
    }

    /** Nor is it on its way into the log: what is logged after it is there. */
    private void assertNotLogged(String text, String when) throws IOException {
        String last = "/after-" + Integer.toHexString(when.hashCode());
        try (Wire wire = Wire.connect(host.port())) {
            wire.sendHead("TRACE " + last + " HTTP/1.1", "Host: localhost").readReply();
        }
        host.awaitLogLine("405 TRACE " + last);
        assertThat(host.log()).noneMatch(line -> line.contains(text));
    }

    /** RFC 9113 section 8.1. Once, the request's stream was reset right behind the response, which clients then lost. */
    @Test
    void aRefusalReachesAClientThatIsStillSending() throws Exception {
        URI tooLong = URI.create("https://localhost:" + tlsPort + "/" + "x".repeat(4000));
        HttpRequest upload = HttpRequest.newBuilder(tooLong)
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[5_000_000]))
                .build();
        for (int i = 0; i < 10; i++) {
            HttpResponse<String> response = client.send(upload, HttpResponse.BodyHandlers.ofString());
            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(response.statusCode()).isEqualTo(414);
        }
    }

    /** RFC 9113 section 3.1 has deprecated it: it is a field like any other that ends here. */
    @Test
    void anUpgradeToHttp2IsNotDone() throws Exception {
        Scene scene = scenes.add(Script.OK);
        try (Wire wire = Wire.connect(host.port())) {
            Reply reply = wire.sendHead(
                            REQUEST_LINE,
                            "Host: localhost",
                            scene.field(),
                            "Connection: Upgrade, HTTP2-Settings",
                            "Upgrade: h2c",
                            "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
                    .readReply();
            assertThat(reply.status()).isEqualTo(200);
        }
        assertThat(scene.request().names()).doesNotContain("upgrade", "http2-settings", "connection");
    }

    @Test
    void aNewCertificateIsTakenAndABrokenOneIsNot() throws Exception {
        assertThat(presented()).isEqualTo("CN=rsa");
        use("ec.pem", "chain.pem");
        host.awaitLogLine("keeps the certificate that it has: LISTENER_TLS_KEY_FILE=");
        assertThat(presented()).isEqualTo("CN=rsa");
        use("ec-sec1.key", "key.pem");
        await().until(() -> presented().equals("CN=ec"));
        use("rsa-encrypted.key", "key.pem");
        host.awaitLogLine("keeps the certificate that it has", "the key is encrypted");
        assertThat(presented()).isEqualTo("CN=ec");
        use("rsa.key", "key.pem");
        use("rsa.pem", "chain.pem");
        await().until(() -> presented().equals("CN=rsa"));
    }

    private String presented() throws Exception {
        try (SSLSocket socket = handshake("")) {
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    @Test
    void aHeadMayHaveSoManyBytes() throws IOException {
        Scene scene = scenes.add(Script.OK);
        try (Wire wire = Wire.connect(host.port())) {
            Reply most = wire.sendHead(REQUEST_LINE, "Host: localhost", scene.field(), "X: " + "x".repeat(11_000))
                    .readReply();
            assertThat(most.status()).isEqualTo(200);
            Reply more = wire.sendHead(REQUEST_LINE, "Host: localhost", scene.field(), "X: " + "x".repeat(12_000))
                    .readReply();
            assertThat(more.status()).isEqualTo(431);
            assertThat(more.text()).isEmpty();
        }
        assertThat(scene.requests()).hasSize(1);
    }

    @Test
    void aUriMayHaveSoManyBytes() throws IOException {
        Scene scene = scenes.add(Script.OK);
        try (Wire wire = Wire.connect(host.port())) {
            for (int length : new int[] {4000, 4001}) {
                String uri = "/" + "a".repeat(1000) + "?" + "b".repeat(length - 1002);
                Reply reply = wire.sendHead("GET " + uri + " HTTP/1.1", "Host: localhost", scene.field())
                        .readReply();
                assertThat(reply.status()).isEqualTo(length == 4000 ? 200 : 414);
            }
        }
        assertThat(scene.requests()).hasSize(1);
    }

    /** Whatever the client sends: either of these goes on for as long as it is allowed to. */
    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", "\r\n"})
    void aHeadThatDripsIsCutOffWhileOthersAreServed(String begin) throws IOException {
        Scene scene = scenes.add(Script.OK);
        try (Wire slow = Wire.connect(host.port());
                Wire quick = Wire.connect(host.port())) {
            slow.send(begin);
            int served = 0;
            for (int i = 0; !slow.hasInput() && i < 400; i++) {
                Wire.pause(Duration.ofMillis(10));
                try {
                    slow.send(begin.substring(begin.length() - 1));
                } catch (SocketException e) {
                    break;
                }
                Reply reply = quick.sendHead(REQUEST_LINE, "Host: localhost", scene.field())
                        .readReply();
                assertThat(reply.status()).isEqualTo(200);
                served++;
            }
            assertThat(served).isBetween(20, 399);
            assertThat(slow.readHead().status()).isEqualTo(408);
            slow.awaitEnd();
        }
    }

    /** A browser may connect before it has a request. Once, the end of the handshake counted as the beginning of one. */
    @Test
    void whoHasNothingToAskYetIsNotCutOff() throws Exception {
        try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), tlsPort);
                SSLSocket early = handshake(connection, "", "http/1.1");
                Wire slow = Wire.connect(host.port())) {
            slow.send("GET /later HTTP/1.1\r\n"); // for which the same time begins only now
            assertThat(slow.readHead().status()).isEqualTo(408);
            early.getOutputStream().write("GET /-/sluice/live HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(early.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    /** Of which the listener can read nothing: RFC 8446 section 5.2. */
    @Test
    void aHeadWhoseRecordDoesNotEndIsCutOff() throws Exception {
        try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), tlsPort);
                SSLSocket slow = handshake(connection, "")) {
            slow.getOutputStream()
                    .write("HEAD /-/sluice/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            BufferedReader replies =
                    new BufferedReader(new InputStreamReader(slow.getInputStream(), StandardCharsets.US_ASCII));
            while (!replies.readLine().isEmpty()) {
                // the head of a response, which has nothing else
            }
            connection.getOutputStream().write(new byte[] {23, 3, 3, 0x40, 0});
            assertThat(replies.readLine()).startsWith("HTTP/1.1 408 ");
        }
    }

    @Test
    void aHandshakeThatDoesNotEndIsCutOffButNotOneThatHasNotBegun() throws Exception {
        try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), tlsPort);
                Wire slow = Wire.connect(tlsPort)) {
            slow.send("\u0016\u0003\u0001");
            slow.awaitEnd();
            handshake(silent, "").close();
        }
    }

    @Test
    void oneAddressMayBeTheOnlyOne() throws Exception {
        String another = "127.0.0.2";
        new Socket(another, host.port()).close();
        Map<String, String> variables = new HashMap<>(everythingToTheTarget());
        variables.put("LISTENER_ADDRESS", "127.0.0.1");
        try (HostProcess onOne = new LauncherHost().start(variables).awaitReady("/ready")) {
            assertThatThrownBy(() -> new Socket(another, onOne.port()).close()).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void aContainersConnectorHasItsAddress() throws Exception {
        Map<String, String> variables = new HashMap<>(everythingToTheTarget());
        variables.put("LISTENER_ADDRESS", "127.0.0.1");
        try (HostProcess container = JettyHost.ee10().start(variables)) {
            container.awaitLogLine("LISTENER_ADDRESS: no effect here");
        }
    }

    /**
     * RFC 9110 sections 7.8 and 10.1.1. Jetty by itself answers 400 to an upgrade, and 100 in HTTP/1.0; and it ends the
     * connection if a body is expected that there is not.
     */
    @ParameterizedTest
    @CsvSource({
        "GET, HTTP/1.1, Upgrade: foo",
        "GET, HTTP/1.1, Upgrade: h2c",
        "POST, HTTP/1.0, Expect: 100-continue",
        "POST, HTTP/1.1, Expect: 100-Continue"
    })
    void whatAClientMustNotHaveSentIsIgnored(String method, String version, String field) throws IOException {
        try (Wire client = Wire.connect(host.port())) {
            Head head = client.sendHead(method + " /scripted " + version, "Host: localhost", field, "Content-Length: 0")
                    .readHead();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.values("Connection")).isEmpty();
        }
    }

    @Test
    void anAddressOfAnotherMachineCannotBeListenedOn() throws Exception {
        Map<String, String> variables = new HashMap<>(everythingToTheTarget());
        variables.put("LISTENER_ADDRESS", "192.0.2.1");
        try (HostProcess refused = new LauncherHost().start(variables)) {
            assertThat(refused.awaitExit()).isEqualTo(1);
            assertThat(refused.log())
                    .contains("LISTENER_PORT=" + refused.port()
                            + ", LISTENER_ADDRESS=192.0.2.1: this machine has no such address");
        }
    }

    @Test
    void furtherConnectionsWaitUntilThereIsRoom() throws IOException {
        Map<String, String> variables = new HashMap<>(everythingToTheTarget());
        variables.put("MAX_CONNECTIONS", "2");
        try (HostProcess limited = new LauncherHost().start(variables).awaitReady("/ready");
                Wire first = Wire.connect(limited.port());
                Wire second = Wire.connect(limited.port());
                Wire third = Wire.connect(limited.port())) {
            for (Wire wire : List.of(first, second)) {
                assertThat(wire.sendHead(REQUEST_LINE, "Host: localhost")
                                .readReply()
                                .status())
                        .isEqualTo(200);
            }
            third.sendHead(REQUEST_LINE, "Host: localhost");
            limited.awaitLogLine("the limit of MAX_CONNECTIONS");
            assertThat(second.sendHead(REQUEST_LINE, "Host: localhost")
                            .readReply()
                            .status())
                    .isEqualTo(200);
            assertThat(third.hasInput()).isFalse();
            first.reset();
            assertThat(third.readReply().status()).isEqualTo(200);
            assertThat(limited.log())
                    .filteredOn(line -> line.contains("MAX_CONNECTIONS"))
                    .hasSize(1);
        }
    }

    /**
     * Each connection that ends lets one in that makes it full again. With four processors, two selectors take part in
     * that: Jetty by itself would give the port back to the one that has it.
     */
    @Test
    void aPortThatIsFullAgainAndAgainRefusesNobody() throws Exception {
        Map<String, String> variables = new HashMap<>(everythingToTheTarget());
        variables.put("MAX_CONNECTIONS", "2");
        variables.put("JAVA_TOOL_OPTIONS", "-XX:ActiveProcessorCount=4");
        try (HostProcess limited = new LauncherHost().start(variables).awaitReady("/ready")) {
            Callable<Void> connecting = () -> {
                for (int i = 0; i < 100; i++) {
                    try (Wire wire = Wire.connect(limited.port())) {
                        assertThat(wire.sendHead(REQUEST_LINE, "Host: localhost", "Connection: close")
                                        .readReply()
                                        .status())
                                .isEqualTo(200);
                    }
                }
                return null;
            };
            Concurrently.run(8, connecting);
            limited.awaitLogLine("the limit of MAX_CONNECTIONS");
        }
    }

    /** Only a few threads read and write for all clients. */
    @ParameterizedTest
    @ValueSource(strings = {"/live", "/status", "/status.css", "/no-such-page"})
    void whoTakesNoAnswersHoldsUpNobody(String page) throws IOException {
        ByteBuffer requests = StandardCharsets.US_ASCII.encode(
                ("GET /-/sluice" + page + " HTTP/1.1\r\nHost: a\r\n\r\n").repeat(1_000));
        try (SocketChannel greedy = SocketChannel.open()) {
            greedy.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), host.port()));
            greedy.configureBlocking(false);
            int fruitless = 0; // writes in a row that found no room, as the responses fill all buffers
            while (fruitless < 20) {
                fruitless = greedy.write(requests) > 0 ? 0 : fruitless + 1;
                if (!requests.hasRemaining()) {
                    requests.rewind();
                }
                try (Wire other = Wire.connect(host.port())) {
                    assertThat(other.sendHead("GET /-/sluice/live HTTP/1.1", "Host: localhost")
                                    .readReply()
                                    .status())
                            .isEqualTo(200);
                }
            }
        }
    }

    @Test
    void filesThatCannotBeUsedStopTheStart() throws Exception {
        Map<String, String> variables = tls(0, FILES.resolve("rsa.pem"), FILES.resolve("other.key"));
        try (HostProcess process = new LauncherHost().start(variables)) {
            assertThat(process.awaitExit()).isEqualTo(2);
            assertThat(process.log())
                    .singleElement()
                    .asString()
                    .startsWith("LISTENER_TLS_KEY_FILE=")
                    .contains("does not belong to the first certificate");
        }
    }

    @Test
    void jettyHasTlsByAModule() throws Exception {
        int port = FreePort.any();
        Map<String, String> variables = tls(port, FILES.resolve("ec.pem"), FILES.resolve("ec-sec1.key"));
        variables.put("MAX_REQUEST_HEADER_BYTES", "12000");
        try (HostProcess jetty = JettyHost.ee10("sluice-tls").start(variables).awaitReady("/ready")) {
            Scene scene = scenes.add(Script.OK);
            HttpResponse<String> response =
                    client.send(request("https", port, scene).build(), BodyHandlers.ofString());
            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(scene.request().names()).doesNotContain("transfer-encoding");
            assertThat(scene.request().values("X-Forwarded-Proto")).containsExactly("https");
            assertThat(scene.request().values("X-Forwarded-Port")).containsExactly(Integer.toString(port));
            try (Wire wire = Wire.connect(jetty.port())) {
                Reply reply = wire.sendHead(REQUEST_LINE, "Host: localhost", "X: " + "x".repeat(12_000))
                        .readReply();
                assertThat(reply.status()).isEqualTo(431);
            }
        }
    }

    @Test
    void jettyDoesNotStartWithFilesThatCannotBeUsed() throws Exception {
        Map<String, String> variables = tls(0, FILES.resolve("rsa.pem"), FILES.resolve("other.key"));
        try (HostProcess jetty = JettyHost.ee10("sluice-tls").start(variables)) {
            assertThat(jetty.awaitExit()).isNotZero();
            assertThat(jetty.log())
                    .anyMatch(line -> line.contains("LISTENER_TLS_KEY_FILE=") && line.contains("does not belong to"));
        }
    }
}
