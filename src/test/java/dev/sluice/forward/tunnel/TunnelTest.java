package dev.sluice.forward.tunnel;

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

/** The orders in which events of the target's and the client's connection may come, each played by hand. */
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
                new Owner(),
                new Observation(List.of(transactions::add)).begin("GET", "/", null, "HTTP/1.1", null),
                target.session(),
                sent,
                Timeout.ofMinutes(1),
                silence);
        tunnel.takeOver();
        return tunnel;
    }

    private final class Owner implements Tunnel.Owner {

        @Override
        public void release() {
            releases++;
            onRelease.run();
        }

        @Override
        public TerminationCause whoEnds() {
            return TerminationCause.TARGET;
        }

        @Override
        public void afterOpeningTimeout(Runnable task) {
            overdue.add(task);
        }

        @Override
        public void ended() {
            ends++;
        }
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

    /**
     * HttpCore used to ask for input once the handler of the response had returned: that kept the reactor busy until
     * the tunnel was open.
     */
    @Test
    void nothingIsAskedForUntilTheTunnelIsOpen() {
        Tunnel tunnel = tunnel("");
        target.events |= EventMask.READ;
        tunnel.inputReady(target.session(), null);
        assertThat(target.events).isZero();
        tunnel.open(client);
        assertThat(target.events).isEqualTo(EventMask.READ);
    }

    /** Its exchange has ended, so nobody else would count the tunnel out or close the client. */
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

    /**
     * The thread that opened the tunnel used to ask for input once more, whatever a reactor thread had found meanwhile.
     */
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

    /**
     * The last bytes, and the end behind them, come just after the relay has found nothing. It used to see the end, and
     * never looked for the bytes again.
     */
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

    /** If TLS ends without close_notify, its connection is already gone while its last bytes wait for the client. */
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

    /**
     * An Error used to leave a relay in its turn for ever. Thrown into the reactor, it would have ended all of the
     * reactor's connections.
     */
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

    /**
     * What the end of an attempt threw used to leave the callbacks of the target's connection, and ended the reactor.
     */
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

    /**
     * Whatever a target went on sending used to restart the time-out for closing TLS, and its lease was held for ever.
     */
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

    /**
     * The client leaves while a part of what it has sent is being written. The relay used to wait for room for the
     * rest, which nobody used, and so kept the reactor busy.
     */
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

    /** Jetty closes a connection, and reports that, within the call that ends its second direction. */
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

    /**
     * The record used to be handed over before the host had opened the tunnel: it said that nothing had passed, and
     * that the target had failed.
     */
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
        "the client leaves, CLIENT, the client left",
        "the client's connection breaks, CLIENT, the client closed or reset the connection",
        "the client's connection times out, CLIENT_TIMEOUT, nothing has passed through the tunnel for too long",
        "the target's connection breaks, TARGET, the target closed or reset the connection",
        "the target's connection ends before the tunnel is open, TARGET, 'the target closed or reset the connection, before the tunnel was open'",
        "the target's connection cannot be read, TARGET, the target closed or reset the connection",
        "the client leaves when it has sent everything, CLIENT, the client left",
        "the host stops, KILLED, Sluice is shutting down",
        "nothing passes, TARGET_TIMEOUT, nothing has passed through the tunnel for too long",
        "the client does not end, CLIENT_TIMEOUT, nothing has passed through the tunnel for too long",
        "something unexpected happens, INTERNAL, the tunnel broke"
    })
    void theRecordSaysOnceWhoHasEndedItAndWhy(String how, TerminationCause cause, String why) {
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
        assertThat(transactions).singleElement().satisfies(record -> {
            assertThat(record.cause()).isEqualTo(cause);
            assertThat(record.failure()).isEqualTo(why);
        });
    }

    private static ByteBuffer bytes(String text) {
        return US_ASCII.encode(text);
    }

    private static void run(@Nullable Runnable event) {
        if (event != null) {
            event.run();
        }
    }

    /** The parts of a connection that a tunnel needs. */
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

        /** As over TLS: finds nothing, or the end. */
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
