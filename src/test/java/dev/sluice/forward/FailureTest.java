package dev.sluice.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.observe.AttemptFailure;
import java.net.SocketTimeoutException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.util.EnumSet;
import java.util.Set;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FailureTest {

    /** Each of these brings it nearer to its ejection. */
    @ParameterizedTest
    @EnumSource
    void aTargetIsAtFaultForWhatItDoesOrFailsToDo(Failure.Kind kind) {
        Set<Failure.Kind> itsFaults = EnumSet.of(
                Failure.Kind.NOT_CONNECTED,
                Failure.Kind.CONNECT_TIMEOUT,
                Failure.Kind.NOT_SENT,
                Failure.Kind.BROKEN,
                Failure.Kind.NOT_HTTP,
                Failure.Kind.SILENT);
        assertThat(new Failure(kind, null).isTargetsFault()).isEqualTo(itsFaults.contains(kind));
    }

    /** What counts as closed is decided where the request goes on. */
    @ParameterizedTest
    @EnumSource
    void noFailureIsNoSignOfTrouble(Failure.Kind kind) {
        assertThat(new Failure(kind, null).attemptFailure()).isNotEqualTo(AttemptFailure.CLOSED);
    }

    /** A POST must not be sent twice, unless the target has certainly seen nothing of it. */
    @ParameterizedTest
    @EnumSource
    void whatATargetMayHaveSeenIsRepeatedOnlyIfItIsIdempotent(Failure.Kind kind) {
        Set<Failure.Kind> beforeSending =
                EnumSet.of(Failure.Kind.NOT_CONNECTED, Failure.Kind.CONNECT_TIMEOUT, Failure.Kind.NOT_SENT);
        Set<Failure.Kind> afterSending =
                EnumSet.of(Failure.Kind.BROKEN, Failure.Kind.NOT_HTTP, Failure.Kind.DEREGISTERED, Failure.Kind.SILENT);
        Failure failure = new Failure(kind, null);
        assertThat(failure.mayBeRepeated(false)).isEqualTo(beforeSending.contains(kind));
        assertThat(failure.mayBeRepeated(true)).isEqualTo(beforeSending.contains(kind) || afterSending.contains(kind));
    }

    @Test
    void aTimeoutReadsAsOneSaysIt() {
        assertThat(new Failure(Failure.Kind.SILENT, new SocketTimeoutException("2000 MILLISECONDS")))
                .hasToString("stayed silent for too long (2000 ms)");
        assertThat(new Failure(Failure.Kind.SILENT, new SocketTimeoutException("2000 MILLISECONDS")).beyondBudget())
                .hasToString(
                        "stayed silent for too long (2000 ms); not tried again: the group's retry budget is used up");
    }

    @Test
    void whoTrustsNobodyOfACertificateIsToldWhereThatIsSaid() {
        Throwable handshake = new SSLHandshakeException("PKIX path building failed");
        assertThat(new Failure(Failure.Kind.NOT_CONNECTED, handshake))
                .hasToString("could not connect (PKIX path building failed)");
        handshake.initCause(new IllegalStateException(new CertPathBuilderException("unable to find a path")));
        assertThat(new Failure(Failure.Kind.NOT_CONNECTED, handshake))
                .asString()
                .startsWith("could not connect (PKIX path building failed; TLS_CA_FILE of its group names");
    }

    @ParameterizedTest
    @CsvSource({"INVALID_SIGNATURE, true", "EXPIRED, false", "REVOKED, false"})
    void ofACertificateThatIsOfNoUseToAnybodyThatIsNotSaid(BasicReason reason, boolean isSaid) {
        Throwable handshake = new SSLHandshakeException("PKIX path validation failed");
        handshake.initCause(new CertPathValidatorException("no", null, null, -1, reason));
        assertThat(new Failure(Failure.Kind.NOT_CONNECTED, handshake).toString().contains("TLS_CA_FILE"))
                .isEqualTo(isSaid);
    }
}
