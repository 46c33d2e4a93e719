package dev.sluice.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketTimeoutException;
import java.security.cert.CertPathBuilderException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class FailureTest {

    @Test
    void aTimeoutReadsAsOneSaysIt() {
        assertThat(new Failure(Failure.Kind.SILENT, new SocketTimeoutException("2000 MILLISECONDS")))
                .hasToString("stayed silent for too long (2000 ms)");
    }

    @Test
    void whoTrustsNobodyOfACertificateIsToldWhereThatIsSaid() {
        Throwable handshake = new SSLHandshakeException("PKIX path building failed");
        assertThat(new Failure(Failure.Kind.NOT_CONNECTED, handshake))
                .hasToString("could not connect (PKIX path building failed)");
        handshake.initCause(new IllegalStateException(new CertPathBuilderException("unable to find a path")));
        assertThat(new Failure(Failure.Kind.NOT_CONNECTED, handshake))
                .asString()
                .startsWith("could not connect (PKIX path building failed; TLS_CA_FILE of its group says");
    }
}
