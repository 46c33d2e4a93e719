package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {

    private static final Map<String, String> ONE_RULE = Map.of(
            "TARGET_GROUP_1_NAME", "shop",
            "TARGET_GROUP_1_TARGETS", "127.0.0.1:9001/v1,no-such-host.invalid:80",
            "LISTENER_RULE_1_PATH_PREFIX", "/shop",
            "LISTENER_RULE_1_PATH_REWRITE", "/shop",
            "LISTENER_RULE_1_TARGET_GROUP", "shop",
            "LISTENER_RULE_2_PATH_PREFIX", "/shop/longer",
            "LISTENER_RULE_2_TARGET_GROUP", "shop");

    private static final String TLS_FILES = "src/test/resources/dev/sluice/launcher/tls/";

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h"})
    void helpNamesEveryCommand(String argument) throws Exception {
        assertThat(run(Map.of(), argument)).isZero();
        assertThat(out()).contains("demo", "mock-target PORT", "check", "--version");
        assertThat(err()).isEmpty();
    }

    @Test
    void versionIsTheArchives() throws Exception {
        assertThat(run(Map.of(), "--version")).isZero();
        assertThat(out()).isEqualTo("Sluice 1.2.3" + System.lineSeparator());
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve-me", "mock-target 1 2", "check now", "demo --help"})
    void otherArgumentsAreAnsweredWithTheUsage(String arguments) throws Exception {
        assertThat(run(Map.of(), arguments.split(" "))).isEqualTo(2);
        assertThat(err())
                .startsWith("Unknown command or wrong arguments: " + arguments)
                .contains("Usage: ");
        assertThat(out()).isEmpty();
    }

    @Test
    void aMockTargetNeedsAPort() throws Exception {
        assertThat(run(Map.of(), "mock-target")).isEqualTo(2);
        assertThat(err()).startsWith("mock-target needs a port").contains("Usage: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "http"})
    void aMockTargetsPortIsANumber(String port) throws Exception {
        assertThat(run(Map.of(), "mock-target", port)).isEqualTo(2);
        assertThat(err()).isEqualToIgnoringNewLines("PORT=" + port + ": a number from 0 to 65535 is expected");
    }

    @Test
    void aMockTargetNeedsSensibleVariables() throws Exception {
        assertThat(run(Map.of("MOCK_DELAY_MS", "soon"), "mock-target", "0")).isEqualTo(2);
        assertThat(err()).startsWith("MOCK_DELAY_MS=soon: ");
    }

    @Test
    void aPortInUseIsSaidOnOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = String.valueOf(taken.getLocalPort());
            assertThat(run(Map.of(), "mock-target", port)).isEqualTo(1);
            assertThat(err()).isEqualToIgnoringNewLines("PORT=" + port + ": the port is in use");
        }
    }

    /** Runs {@code check}, with these variables in addition to {@link #ONE_RULE} or in place of some. */
    private int check(Map<String, String> more) throws Exception {
        Map<String, String> variables = new HashMap<>(ONE_RULE);
        variables.putAll(more);
        return run(variables, "check");
    }

    @Test
    void checkSaysWhatTheConfigurationMeans() throws Exception {
        assertThat(check(Map.of())).isZero();
        assertThat(out()).isEqualTo("""
                        Listener
                          port                8080
                          request head        up to 32768 bytes, 16384 of them for the URI, in 10 s
                          connection timeout  5000 ms

                        Rules, in the order in which they are tried
                          /shop/longer  to shop
                          /shop         to shop  path rewrite /shop

                        Target groups
                          shop                       ROUND_ROBIN
                            127.0.0.1:9001/v1        weight 1     127.0.0.1
                            no-such-host.invalid:80  weight 1     does not resolve: no-such-host.invalid does not exist (NXDOMAIN)
                        """);
    }

    /** In the words of the warning at the start. */
    @Test
    void checkSaysWhichPathRewriteHasNoEffect() throws Exception {
        assertThat(check(Map.of("LISTENER_RULE_1_PATH_REWRITE", "/api"))).isZero();
        assertThat(out().lines())
                .contains(
                        "  /shop         to shop  path rewrite /api has no effect: no path of the rule /shop begins with /api");
    }

    @Test
    void checkSaysWhatTheEnvironmentOverrides() throws Exception {
        Path file = Files.writeString(directory.resolve("sluice.properties"), "VIA=true\nCONNECTION_TIMEOUT=1000\n");
        assertThat(check(Map.of("CONFIG_FILE", file.toString(), "CONNECTION_TIMEOUT", "2000")))
                .isZero();
        assertThat(out()).endsWith("\n\nCONFIG_FILE: the environment overrides CONNECTION_TIMEOUT (line 2)\n");
    }

    @Test
    void checkSaysWhatTheListenerIs() throws Exception {
        assertThat(check(Map.of(
                        "LISTENER_ADDRESS", "127.0.0.1",
                        "LISTENER_TLS_PORT", "8443",
                        "LISTENER_TLS_CERTIFICATE_FILE", TLS_FILES + "ec.pem",
                        "LISTENER_TLS_KEY_FILE", TLS_FILES + "ec.key",
                        "REQUEST_HEADER_TIMEOUT_SECONDS", "0",
                        "MAX_CONNECTIONS", "1000")))
                .isZero();
        assertThat(out().lines())
                .contains(
                        "  address             127.0.0.1",
                        "  port with TLS       8443",
                        "  request head        up to 32768 bytes, 16384 of them for the URI, in any time",
                        "  connections         up to 1000 on each port")
                .anyMatch(line -> line.startsWith("  certificate         CN=ec, valid until "));
    }

    @Test
    void checkFindsAKeyOfAnotherCertificate() throws Exception {
        assertThat(check(Map.of(
                        "LISTENER_TLS_PORT", "8443",
                        "LISTENER_TLS_CERTIFICATE_FILE", TLS_FILES + "rsa.pem",
                        "LISTENER_TLS_KEY_FILE", TLS_FILES + "other.key")))
                .isEqualTo(2);
        assertThat(err())
                .startsWith("LISTENER_TLS_KEY_FILE=" + TLS_FILES + "other.key: the key does not belong to the first");
    }

    @Test
    void checkShowsNoKeyThatIsSetInPlaceOfAFile() throws Exception {
        String key = Files.readString(Path.of(TLS_FILES + "ec.key"));
        assertThat(check(Map.of(
                        "LISTENER_TLS_PORT", "8443",
                        "LISTENER_TLS_CERTIFICATE_FILE", key,
                        "LISTENER_TLS_KEY_FILE", key)))
                .isEqualTo(2);
        assertThat(err().lines())
                .containsExactly(
                        "LISTENER_TLS_CERTIFICATE_FILE=(hidden): it holds a private key, which belongs in a file",
                        "LISTENER_TLS_KEY_FILE=(hidden): it holds a private key, which belongs in a file");
    }

    @Test
    void checkSaysHowEachGroupBalances() throws Exception {
        Map<String, String> groups = new HashMap<>(Map.of(
                "TARGET_GROUP_1_TARGETS", "127.0.0.1:9001 weight=5, 127.0.0.2:9001",
                "TARGET_GROUP_1_SLOW_START_DURATION_SECONDS", "30",
                "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET", "100",
                "TARGET_GROUP_1_QUEUE_SIZE", "200",
                "TARGET_GROUP_2_NAME", "own",
                "TARGET_GROUP_2_TARGETS", "127.0.0.1:9002 weight=0",
                "TARGET_GROUP_2_ALGORITHM", "STICKY"));
        groups.putAll(Map.of(
                "TARGET_GROUP_3_NAME", "app",
                "TARGET_GROUP_3_TARGETS", "127.0.0.1:9003",
                "TARGET_GROUP_3_ALGORITHM", "STICKY",
                "TARGET_GROUP_3_STICKINESS_COOKIE_NAME", "JSESSIONID",
                "TARGET_GROUP_3_STICKINESS_COOKIE_DURATION_SECONDS", "60",
                "TARGET_GROUP_4_NAME", "quick",
                "TARGET_GROUP_4_TARGETS", "127.0.0.1:9004 weight=3",
                "TARGET_GROUP_4_ALGORITHM", "lrt"));
        assertThat(check(groups)).isZero();
        assertThat(out().substring(out().indexOf("Target groups"))).isEqualTo("""
                        Target groups
                          shop              ROUND_ROBIN  weights are not used, slow start of 30 s, at most 100 requests at a target, 200 more wait for up to 5000 ms
                            127.0.0.1:9001  weight 5     127.0.0.1
                            127.0.0.2:9001  weight 1     127.0.0.2
                          own               STICKY       NO RULE forwards to it, NO TARGET gets new requests, for each has weight 0, cookie SLUICE-2 for 86400 s, until a restart, for STICKINESS_SECRET is not set
                            127.0.0.1:9002  weight 0     127.0.0.1
                          app               STICKY       NO RULE forwards to it, cookie JSESSIONID of the application for 60 s
                            127.0.0.1:9003  weight 1     127.0.0.1
                          quick             LRT          NO RULE forwards to it
                            127.0.0.1:9004  weight 3     127.0.0.1
                        """);
    }

    @Test
    void checkSaysWhatWasHardlyMeant() throws Exception {
        assertThat(check(Map.of(
                        "LISTENER_PORT", "8081",
                        "TARGET_GROUP_1_TARGETS", "127.0.0.2:8081,127.0.0.1:8082",
                        "CONNECTION_TIMEOUT", "30")))
                .isZero();
        assertThat(out())
                .contains("  connection timeout  30 ms, which is VERY SHORT\n")
                .contains("  127.0.0.2:8081  weight 1     127.0.0.2, which is the OWN PORT of `java -jar`\n")
                .contains("  127.0.0.1:8082  weight 1     127.0.0.1\n");
    }

    @Test
    void checkSaysWhatIsPassedOnOtherwiseThanByDefault() throws Exception {
        assertThat(check(Map.of(
                        "DNS_RESOLVERS", "192.0.2.53",
                        "STREAM_IDLE_TIMEOUT_SECONDS", "0",
                        "TRUSTED_PROXIES", "10.0.0.0/8, ::1",
                        "FORWARDED_HEADERS", "BOTH",
                        "VIA", "true",
                        "PRESERVE_HOST_HEADER", "true",
                        "LOCATION_REWRITE", "true",
                        "MAX_REQUEST_BODY_BYTES", "1000000",
                        "DEREGISTRATION_DELAY_SECONDS", "5")))
                .isZero();
        assertThat(out())
                .contains("  streams may pause   for as long as they like\n")
                .contains("  DNS                 answers used for 1 to 60 s, of 192.0.2.53:53\n")
                .contains("  forwarded headers   BOTH\n")
                .contains("  trusted proxies     10.0.0.0/8, 0:0:0:0:0:0:0:1\n")
                .contains("  Via                 added, loops are refused\n")
                .contains("  the client's Host, Location rewritten, request bodies of 1000000 bytes at most,"
                        + " a target that leaves has 5 s to finish\n");
    }

    @Test
    void checkKeepsTheSecret() throws Exception {
        assertThat(check(Map.of("LOAD_BALANCING_ALGORITHM", "STICKY", "STICKINESS_SECRET", "0123456789abcdef")))
                .isZero();
        assertThat(out()).contains("STICKY").doesNotContain("0123456789");

        assertThat(check(Map.of("LOAD_BALANCING_ALGORITHM", "STICKY", "STICKINESS_SECRET", "0123456789")))
                .isEqualTo(2);
        assertThat(err())
                .isEqualToIgnoringNewLines("STICKINESS_SECRET=(hidden): the secret must have 16 bytes at least");
    }

    @ParameterizedTest
    @ValueSource(strings = {"check", ""})
    void everyProblemOfTheConfigurationIsALine(String argument) throws Exception {
        Map<String, String> wrong = Map.of("LISTENER_PORT", "http", "CONNECTION_TIMEOUT", "soon");
        assertThat(argument.isEmpty() ? run(wrong) : run(wrong, argument)).isEqualTo(2);
        assertThat(err().lines())
                .anyMatch(line -> line.contains("LISTENER_PORT"))
                .anyMatch(line -> line.contains("CONNECTION_TIMEOUT"));
        assertThat(out()).isEmpty();
    }

    private int run(Map<String, String> environment, String... arguments) throws Exception {
        return new CommandLine(environment, print(out), print(err), "1.2.3", () -> {}).run(arguments);
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
