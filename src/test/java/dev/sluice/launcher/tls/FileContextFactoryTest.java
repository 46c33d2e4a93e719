package dev.sluice.launcher.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.LogLines;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads the files that {@code make.sh}, which is beside them, has made, and notices when they are replaced. */
class FileContextFactoryTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "rsa, rsa.key",
        "rsa, rsa-pkcs1.key",
        "ec, ec.key",
        "ec, ec-sec1.key",
        "p384, p384.key",
        "ed25519, ed25519.key",
        "rsa-pss, rsa-pss.key",
    })
    void aKeyIsReadInEachFormThatToolsWrite(String certificate, String key) throws Exception {
        assertThat(new FileContextFactory(resource(certificate + ".pem"), resource(key)).description())
                .startsWith("CN=" + certificate + ", valid until 2");
    }

    @ParameterizedTest
    @CsvSource({
        "rsa.pem, other.key, KEY, 'does not belong to the first certificate, that of CN=rsa'",
        "p384.pem, ec-sec1.key, KEY, 'does not belong to the first certificate, that of CN=p384'",
        "rsa.pem, ec.key, KEY, is not for RSA as the certificate is",
        "ec.pem, rsa-pkcs1.key, KEY, is not for EC as the certificate is",
        "rsa.pem, rsa-encrypted.key, KEY, the key is encrypted",
        "rsa.pem, rsa-pkcs1-encrypted.key, KEY, the key is encrypted",
        "rsa.pem, rsa.pem, KEY, there is no key in PEM",
        "rsa.pem, missing.key, KEY, there is no file",
        "rsa.pem, ., KEY, the file cannot be read",
        "rsa.key, rsa.key, CERTIFICATE, there is no certificate in PEM",
        "missing.pem, rsa.key, CERTIFICATE, there is no file",
    })
    void whatIsOfNoUseIsAProblemOfItsVariable(String certificate, String key, String variable, String reason) {
        assertThatThrownBy(() -> new FileContextFactory(path(certificate), path(key)))
                .isInstanceOfSatisfying(UnusableFileException.class, e -> {
                    assertThat(e.variable()).isEqualTo("LISTENER_TLS_" + variable + "_FILE");
                    assertThat(e.reason()).contains(reason);
                });
    }

    @Test
    void ofFilesThatAreBothMissingBothAreTold() {
        assertThatThrownBy(() -> new FileContextFactory(path("missing.pem"), path("missing.key")))
                .isInstanceOfSatisfying(
                        UnusableFileException.class,
                        e -> assertThat(e.all())
                                .extracting(UnusableFileException::variable)
                                .containsExactly("LISTENER_TLS_CERTIFICATE_FILE", "LISTENER_TLS_KEY_FILE"));
    }

    @Test
    void whatIsNotSetIsSaidToBeNotSet() {
        assertThatThrownBy(() -> new FileContextFactory((String) null, ""))
                .isInstanceOfSatisfying(
                        UnusableFileException.class,
                        e -> assertThat(e.all())
                                .extracting(UnusableFileException::getMessage)
                                .containsExactly(
                                        "LISTENER_TLS_CERTIFICATE_FILE=: it is not set; it must be a file in PEM",
                                        "LISTENER_TLS_KEY_FILE=: it is not set; it must be a file in PEM"));
    }

    /** The file cannot be read, and the exception of the JDK has its name, which is the key. */
    @Test
    void aKeyInPlaceOfAFileIsNotShown() throws Exception {
        Path key = Path.of(Files.readString(resource("ec.key")));
        assertThatThrownBy(() -> new FileContextFactory(resource("ec.pem"), key))
                .isInstanceOf(UnusableFileException.class)
                .hasNoCause()
                .hasMessage("LISTENER_TLS_KEY_FILE: it holds a private key; it must be the name of a file");
    }

    @Test
    void theChainBeginsWithTheListenersOwnCertificate() throws Exception {
        List<Pem> blocks = Pem.blocks(Files.readString(resource("rsa.pem")));
        assertThat(blocks).extracting(Pem::label).containsExactly("CERTIFICATE", "CERTIFICATE");
        Path chain = directory.resolve("chain.pem");
        Files.writeString(chain, Files.readString(resource("ca.pem")) + Files.readString(resource("rsa.pem")));
        assertThatThrownBy(() -> new FileContextFactory(chain, resource("rsa.key")))
                .hasMessageContaining("certificate 2, that of CN=rsa, is not that of the issuer");
    }

    @Test
    void aCertificateMayBeThereTwice() throws Exception {
        Path chain = directory.resolve("chain.pem");
        String authority = Files.readString(resource("ca.pem"));
        Files.writeString(chain, Files.readString(resource("rsa.pem")) + authority + authority);
        assertThat(new FileContextFactory(chain, resource("rsa.key")).description())
                .startsWith("CN=rsa,");
    }

    @Test
    void linesOfOtherSystemsAndExplanationsDoNotMatter() throws Exception {
        Path both = directory.resolve("both.pem");
        String text = "Bag Attributes: none\n" + Files.readString(resource("rsa.key")) + "subject=CN = rsa\n\n"
                + Files.readString(resource("rsa.pem"));
        Files.writeString(both, text.replace("\n", "\r\n"));
        assertThat(new FileContextFactory(both, both).description()).startsWith("CN=rsa,");
    }

    @Test
    void aDamagedCertificateIsAProblem() throws Exception {
        Path chain = directory.resolve("chain.pem");
        Files.writeString(chain, Files.readString(resource("rsa.pem")).replaceFirst("MII", "AAA"));
        assertThatThrownBy(() -> new FileContextFactory(chain, resource("rsa.key")))
                .hasMessageContaining("LISTENER_TLS_CERTIFICATE_FILE=" + chain + ": certificate 1 is damaged");
    }

    /** As certbot does: one link is pointed at another file, then the other link. */
    @Test
    void aNewPairIsTakenOnceItBelongsTogether() throws Exception {
        Path certificate = link("fullchain.pem", "rsa.pem");
        Path key = link("privkey.pem", "rsa.key");
        FileContextFactory context = new FileContextFactory(certificate, key);
        context.start();
        try {
            assertThat(subject(context)).isEqualTo("CN=rsa");
            link("fullchain.pem", "ec.pem");
            await().until(() -> context.lastProblem() != null);
            assertThat(context.lastProblem()).contains("LISTENER_TLS_KEY_FILE");
            assertThat(subject(context)).isEqualTo("CN=rsa");
            link("privkey.pem", "ec.key");
            await().until(() -> subject(context).equals("CN=ec"));
            Files.delete(key);
            await().until(() -> context.lastProblem() != null);
            assertThat(subject(context)).isEqualTo("CN=ec");
            link("privkey.pem", "ec.key");
            await().until(() -> context.lastProblem() == null);
        } finally {
            context.stop();
        }
    }

    @Test
    void aCertificateThatIsNotValidOrSoonExpiresIsSaid() throws Exception {
        X509Certificate certificate = certificate(new FileContextFactory(resource("ec.pem"), resource("ec.key")));
        Instant from = certificate.getNotBefore().toInstant();
        Instant until = certificate.getNotAfter().toInstant();
        assertThat(trouble(from.minusSeconds(1))).isEqualTo("; it is NOT YET VALID, but from " + from);
        assertThat(trouble(from)).isEmpty();
        assertThat(trouble(until.minus(14, ChronoUnit.DAYS))).isEmpty();
        assertThat(trouble(until.minus(14, ChronoUnit.DAYS).plusSeconds(1))).isEqualTo("; it EXPIRES within 14 days");
        assertThat(trouble(until)).isEqualTo("; it EXPIRES within 14 days");
        assertThat(trouble(until.plusSeconds(1))).isEqualTo("; it has EXPIRED");
    }

    /** What the description says after the date. */
    private static String trouble(Instant now) throws Exception {
        return new FileContextFactory(resource("ec.pem"), resource("ec.key"), () -> now)
                .description()
                .replaceFirst("CN=ec, valid until [^;]*", "");
    }

    @Test
    void anExpiredCertificateIsLoggedAtTheStartAndWhenItIsTaken() throws Exception {
        Path certificate = link("fullchain.pem", "ec.pem");
        Path key = link("privkey.pem", "ec.key");
        FileContextFactory context =
                new FileContextFactory(certificate, key, () -> Instant.parse("9999-01-01T00:00:00Z"));
        try (LogLines log = LogLines.of(FileContextFactory.class)) {
            context.start();
            assertThat(log.all()).singleElement().asString().contains("CN=ec").endsWith("; it has EXPIRED");
            link("fullchain.pem", "rsa.pem");
            link("privkey.pem", "rsa.key");
            await().until(() -> log.all().stream().anyMatch(line -> line.matches(".*CN=rsa.*; it has EXPIRED")));
        } finally {
            context.stop();
        }
    }

    /** The file does not change if nobody renews it. */
    @Test
    void anExpiredCertificateIsLoggedEveryDay() throws Exception {
        Instant expired = Instant.parse("9999-01-01T00:00:00Z");
        AtomicInteger days = new AtomicInteger();
        FileContextFactory context = new FileContextFactory(
                resource("ec.pem"), resource("ec.key"), () -> expired.plus(days.get(), ChronoUnit.DAYS));
        try (LogLines log = LogLines.of(FileContextFactory.class)) {
            context.start();
            for (int day = 0; day < 3; day++) {
                days.set(day);
                await().until(() -> log.all().size() == days.get() + 1);
            }
        } finally {
            context.stop();
        }
    }

    private Path link(String name, String resource) throws IOException, URISyntaxException {
        Path next = Files.createSymbolicLink(directory.resolve(name + ".next"), resource(resource));
        return Files.move(
                next, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String subject(FileContextFactory context) throws Exception {
        return certificate(context).getSubjectX500Principal().getName();
    }

    private static X509Certificate certificate(FileContextFactory context) throws Exception {
        KeyStore store = context.getKeyStore();
        return (X509Certificate) store.getCertificate(store.aliases().nextElement());
    }

    private static Path path(String name) throws URISyntaxException {
        return resource("rsa.pem").resolveSibling(name);
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(FileContextFactoryTest.class.getResource(name).toURI());
    }
}
