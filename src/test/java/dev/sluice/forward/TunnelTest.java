package dev.sluice.forward;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.observe.Observation;
import dev.sluice.observe.TerminationCause;
import dev.sluice.observe.Transaction;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.apache.hc.core5.reactor.EventMask;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.reactor.ssl.TlsDetails;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The orders in which the target's connection and the client's may speak, each played by hand. */
class TunnelTest {

    private final Target target = new Target();
    private final Client client = new Client();
    private final List<Transaction> transactions = new ArrayList<>();
    private final List<Runnable> overdue = new ArrayList<>();
    private int releases;
    private int ends;

    private Timeout silence = Timeout.ofMinutes(1);
    private Runnable onRelease = () -> {};

    private Tunnel tunnel(String early) {
        ByteBuffer sent = bytes(early);
        Tunnel tunnel = new Tunnel(
                () -> {
                    releases++;
                    onRelease.run();
                },
                () -> TerminationCause.TARGET,
                new Observation(List.of(transactions::add)).begin("GET", "/", null, "HTTP/1.1", null),
                () -> ends++,
                target.session(),
                sent,
                Timeout.ofMinutes(1),
                silence,
                overdue::add);
        tunnel.takeOver();
        return tunnel;
    }

    private Tunnel opened() {
        Tunnel tunnel = tunnel("");
        tunnel.open(client);
        return tunnel;
    }

    private void takesAll(Tunnel tunnel) {
        client.room = Integer.MAX_VALUE;
        tunnel.clientWritable();
    }

    /** HttpCore itself asks for input once the handler of its answer has returned: that went on in a circle until the tunnel was open. */
    @Test
    void nothingIsAskedForUntilTheTunnelIsOpen() {
        Tunnel tunnel = tunnel("");
        target.events |= EventMask.READ;
        tunnel.inputReady(target.session(), null);
        assertThat(target.events).isZero();
        tunnel.open(client);
        assertThat(target.events).isEqualTo(EventMask.READ);
    }

    /** Its exchange has ended, so that nobody else would count it out, or let go of the client. */
    @Test
    void aConnectionThatCannotBeTakenOverEndsTheTunnel() {
        target.onUpgrade = () -> {
            throw new IllegalStateException("for a test");
        };
        Tunnel tunnel = tunnel("");
        assertThat(ends).isEqualTo(1);
        assertThat(releases).isEqualTo(1);
        assertThat(transactions).singleElement().extracting(Transaction::cause).isEqualTo(TerminationCause.INTERNAL);
        tunnel.open(client);
        assertThat(client.closed).isTrue();
    }

    /** Whoever opened the tunnel asked for input once more, whatever a reactor thread had found meanwhile. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsAskedForWhileTheClientHasNoRoom(boolean isTls) {
        target.isTls = isTls;
        Tunnel tunnel = tunnel("early");
        client.room = 1;
        client.onWrite = () -> tunnel.inputReady(target.session(), isTls ? bytes("more") : null);
        tunnel.open(client);
        assertThat(target.events).isZero();
        target.events |= EventMask.READ;
        tunnel.inputReady(target.session(), null);
        assertThat(target.events).isZero();
        assertThat(client.received).hasToString("early");
    }

    @Test
    void whatCameBeforeTheTunnelWasOpenComesFirst() {
        target.isTls = true;
        Tunnel tunnel = tunnel("a");
        tunnel.inputReady(target.session(), bytes("b"));
        tunnel.open(client);
        tunnel.inputReady(target.session(), bytes("c"));
        assertThat(client.received).hasToString("abc");
    }

    /** The relay had found nothing when the last bytes came, and the end behind them: it saw the end, and never looked again. */
    @Test
    void theLastBytesBeforeTheEndOfTlsArrive() {
        target.isTls = true;
        Tunnel tunnel = tunnel("");
        target.onRead = () -> {
            tunnel.inputReady(target.session(), bytes("last"));
            tunnel.inputReady(target.session(), null);
        };
        client.onFlush = target.onRead;
        tunnel.open(client);
        tunnel.inputReady(target.session(), bytes("first"));
        assertThat(client.received).hasToString("firstlast");
        assertThat(client.outputEnded).isTrue();
        assertThat(client.closed).isFalse();
    }

    /** TLS that ends without its farewell has no connection any more when its last bytes are still waiting for the client. */
    @ParameterizedTest
    @ValueSource(strings = {"opened", "unopened", "broken"})
    void whatWasDecryptedArrivesAfterTheTargetsConnectionIsGone(String how) {
        target.isTls = true;
        Tunnel tunnel = tunnel("");
        client.room = 0;
        if (!how.equals("unopened")) {
            tunnel.open(client);
        }
        tunnel.inputReady(target.session(), bytes("last"));
        if (how.equals("broken")) {
            tunnel.exception(target.session(), new IOException("damaged"));
        }
        target.takesNoMore = true;
        tunnel.disconnected(target.session());
        assertThat(releases).isPositive();
        if (how.equals("unopened")) {
            tunnel.open(client);
        }
        client.ends = true;
        tunnel.clientReadable();
        assertThat(client.closed).isFalse();
        takesAll(tunnel);
        assertThat(client.received).hasToString("last");
        assertThat(client.closed).isTrue();
    }

    @Test
    void whatTheTargetHasSaidArrivesThoughItTakesNoMore() {
        target.isTls = true;
        Tunnel tunnel = opened();
        client.room = 0;
        tunnel.inputReady(target.session(), bytes("last"));
        tunnel.inputReady(target.session(), null);
        target.takesNoMore = true;
        client.sends = "unheard";
        tunnel.clientReadable();
        client.ends = true;
        tunnel.clientReadable();
        assertThat(client.closed).isFalse();
        takesAll(tunnel);
        assertThat(client.received).hasToString("last");
        assertThat(client.closed).isTrue();
    }

    /** An Error in a relay's turn left that for ever in it; in the reactor, it would have ended all of its connections. */
    @Test
    void noErrorIsThrownIntoAReactor() {
        Tunnel tunnel = opened();
        client.onIsReady = () -> {
            throw new StackOverflowError("for a test");
        };
        tunnel.inputReady(target.session(), null);
        assertThat(tunnel.isClosed()).isTrue();
        assertThat(client.closed).isTrue();
        assertThat(releases).isPositive();
    }

    /** What an attempt's end threw left the callbacks of the target's connection, and ended the reactor. */
    @ParameterizedTest
    @ValueSource(strings = {"timeout", "exception", "disconnected", "error in a turn"})
    void nothingThatItsEndThrowsReachesAReactor(String event) {
        Tunnel tunnel = opened();
        onRelease = () -> {
            throw new IllegalStateException("for a test");
        };
        switch (event) {
            case "timeout" -> tunnel.timeout(target.session(), Timeout.ofMinutes(1));
            case "exception" -> tunnel.exception(target.session(), new IOException("reset"));
            case "disconnected" -> tunnel.disconnected(target.session());
            default -> {
                client.onIsReady = () -> {
                    throw new StackOverflowError("for a test");
                };
                tunnel.inputReady(target.session(), null);
            }
        }
        assertThat(releases).isPositive();
        assertThat(transactions).hasSize(1);
    }

    /** What a target went on sending began the time anew in which the two ends of TLS take leave, and it kept its lease for ever. */
    @Test
    void theFarewellOfTlsEndsThoughTheTargetGoesOnSending() {
        target.isTls = true;
        silence = Timeout.ofMilliseconds(1);
        Tunnel tunnel = opened();
        tunnel.clientIsGone();
        await().until(() -> {
            tunnel.inputReady(target.session(), bytes("more"));
            return releases > 0;
        });
    }

    @Test
    void theFarewellOfTlsTakesSomeTime() {
        target.isTls = true;
        Tunnel tunnel = opened();
        tunnel.clientIsGone();
        tunnel.inputReady(target.session(), bytes("more"));
        assertThat(releases).isZero();
        tunnel.disconnected(target.session());
        assertThat(releases).isPositive();
    }

    /** The client left while a part of what it had sent was being written: room for the rest was awaited, which nobody took, in a circle. */
    @Test
    void noRoomIsAwaitedOnceTheTunnelIsClosed() {
        target.isTls = true;
        Tunnel tunnel = opened();
        target.room = 1;
        client.sends = "abc";
        tunnel.clientReadable();
        assertThat(target.events).isEqualTo(EventMask.READ_WRITE);
        target.room = 0;
        target.onWrite = tunnel::clientIsGone;
        tunnel.outputReady(target.session());
        assertThat(target.events).isZero();
    }

    /** Jetty closes a connection, and tells so, within the call that ends its second half. */
    @Test
    void aClientThatIsGoneWhenItIsToldOfTheEndHasNotLeft() {
        target.isTls = true;
        Tunnel tunnel = tunnel("");
        tunnel.open(client);
        client.onEndOutput = tunnel::clientIsGone;
        tunnel.inputReady(target.session(), null);
        assertThat(transactions)
                .singleElement()
                .satisfies(record -> assertThat(record.cause()).isEqualTo(TerminationCause.NONE));
    }

    @Test
    void theRecordHasWhatHasPassedBothWays() {
        target.isTls = true;
        Tunnel tunnel = tunnel("early");
        tunnel.open(client);
        client.sends = "up";
        tunnel.clientReadable();
        tunnel.inputReady(target.session(), bytes("down"));
        tunnel.inputReady(target.session(), null);
        assertThat(transactions).isEmpty();
        client.ends = true;
        tunnel.clientReadable();
        tunnel.disconnected(target.session());
        assertThat(transactions).singleElement().satisfies(record -> {
            assertThat(record.cause()).isEqualTo(TerminationCause.NONE);
            assertThat(record.bytesFromClient()).isEqualTo(2);
            assertThat(record.bytesToClient()).isEqualTo(9);
        });
    }

    /** Its record was handed over before the host had opened it: nothing had passed, and the target had failed. */
    @Test
    void theRecordHasWhatCameWithTheEndBeforeTheTunnelWasOpen() {
        target.isTls = true;
        Tunnel tunnel = tunnel("early");
        tunnel.inputReady(target.session(), bytes("last"));
        tunnel.inputReady(target.session(), null);
        tunnel.disconnected(target.session());
        assertThat(transactions).isEmpty();
        tunnel.open(client);
        overdue.forEach(Runnable::run);
        assertThat(client.received).hasToString("earlylast");
        assertThat(transactions).singleElement().satisfies(record -> {
            assertThat(record.cause()).isEqualTo(TerminationCause.NONE);
            assertThat(record.bytesToClient()).isEqualTo(9);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "the client leaves, CLIENT",
        "the client's connection breaks, CLIENT",
        "the client's connection times out, CLIENT_TIMEOUT",
        "the target's connection breaks, TARGET",
        "the target's connection ends before the tunnel is open, TARGET",
        "the target's connection cannot be read, TARGET",
        "the client leaves when it has sent everything, CLIENT",
        "the host stops, KILLED",
        "nothing passes, TARGET_TIMEOUT",
        "the client does not end, CLIENT_TIMEOUT",
        "something unexpected happens, INTERNAL"
    })
    void theRecordSaysOnceWhoHasEndedIt(String how, TerminationCause cause) {
        target.isTls = !how.contains("read");
        Tunnel tunnel = tunnel("");
        if (!how.contains("before")) {
            tunnel.open(client);
        }
        switch (how) {
            case "the client leaves" -> tunnel.clientIsGone();
            case "the client's connection breaks" -> tunnel.fail(new IOException("reset"));
            case "the client's connection times out" -> tunnel.fail(new TimeoutException("idle"));
            case "the target's connection breaks" -> tunnel.exception(target.session(), new IOException("reset"));
            case "the target's connection cannot be read" -> {
                target.isBroken = true;
                tunnel.inputReady(target.session(), null);
            }
            case "the client leaves when it has sent everything" -> {
                target.takesNoMore = true;
                client.sends = "unheard";
                tunnel.clientReadable();
                tunnel.clientIsGone();
            }
            case "the host stops" -> tunnel.hostStops();
            case "nothing passes" -> tunnel.timeout(target.session(), Timeout.ofMinutes(1));
            case "the client does not end" -> {
                tunnel.inputReady(target.session(), null);
                tunnel.timeout(target.session(), Timeout.ofMinutes(1));
            }
            case "something unexpected happens" -> tunnel.fail(new IllegalStateException("for a test"));
            default -> assertThat(how).contains("before");
        }
        tunnel.disconnected(target.session());
        overdue.forEach(Runnable::run);
        tunnel.clientIsGone();
        assertThat(transactions).singleElement().extracting(Transaction::cause).isEqualTo(cause);
    }

    private static ByteBuffer bytes(String text) {
        return US_ASCII.encode(text);
    }

    private static void run(@Nullable Runnable event) {
        if (event != null) {
            event.run();
        }
    }

    /** What the tunnel needs of a connection. */
    private static final class Target {

        boolean isTls;
        boolean takesNoMore;
        boolean isBroken;
        int room = Integer.MAX_VALUE; // in bytes
        int events;

        @Nullable
        Runnable onUpgrade;

        @Nullable
        Runnable onWrite;

        @Nullable
        Runnable onRead;

        private final ProtocolIOSession session = (ProtocolIOSession) Proxy.newProxyInstance(
                TunnelTest.class.getClassLoader(),
                new Class<?>[] {ProtocolIOSession.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getTlsDetails" -> isTls ? tls() : null;
                    case "getEventMask" -> events;
                    case "setEvent" -> events |= (int) arguments[0];
                    case "clearEvent" -> clear((int) arguments[0]);
                    case "upgrade" -> upgrade();
                    case "read" -> read();
                    case "write" -> write((ByteBuffer) arguments[0]);
                    default -> null;
                });

        ProtocolIOSession session() {
            return session;
        }

        private static TlsDetails tls() throws Exception {
            return new TlsDetails(SSLContext.getDefault().createSSLEngine().getSession(), null);
        }

        private @Nullable Object upgrade() {
            run(onUpgrade);
            return null;
        }

        private int clear(int cleared) {
            events &= ~cleared;
            return events;
        }

        /** As TLS has it: it has nothing, or the end. */
        private int read() throws IOException {
            if (isBroken) {
                throw new IOException("reset");
            }
            Runnable event = onRead;
            onRead = null;
            run(event);
            return event == null ? 0 : -1;
        }

        private int write(ByteBuffer bytes) throws IOException {
            if (takesNoMore) {
                throw new ClosedChannelException();
            }
            run(onWrite);
            int length = Math.min(room, bytes.remaining());
            bytes.position(bytes.position() + length);
            return length;
        }
    }

    private static final class Client implements TunnelClient {

        final StringBuilder received = new StringBuilder();
        int room = Integer.MAX_VALUE; // in writes
        String sends = "";
        boolean ends;
        boolean outputEnded;
        boolean closed;

        @Nullable
        Runnable onIsReady;

        @Nullable
        Runnable onWrite;

        @Nullable
        Runnable onFlush;

        @Nullable
        Runnable onEndOutput;

        @Override
        public int read(byte[] into) {
            if (sends.isEmpty()) {
                return ends ? -1 : 0;
            }
            int length = sends.length();
            System.arraycopy(sends.getBytes(US_ASCII), 0, into, 0, length);
            sends = "";
            return length;
        }

        @Override
        public boolean isReady() {
            run(onIsReady);
            return room > 0;
        }

        @Override
        public void write(ByteBuffer bytes) {
            room--;
            received.append(US_ASCII.decode(bytes));
            run(onWrite);
        }

        @Override
        public void flush() {
            Runnable event = onFlush;
            onFlush = null;
            run(event);
        }

        @Override
        public boolean endOutput() {
            outputEnded = true;
            run(onEndOutput);
            return true;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
