package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.hc.core5.http.nio.command.RequestExecutionCommand;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.util.Timeout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a kept-alive connection takes another request. */
class TargetConnectionTest {

    private String arrives = "";
    private boolean ends;
    private boolean isOpen = true;
    private long lastEvent; // as HttpCore has it: System.currentTimeMillis()

    private final ReentrantLock lock = new ReentrantLock();
    private final ProtocolIOSession session = (ProtocolIOSession) Proxy.newProxyInstance(
            TargetConnectionTest.class.getClassLoader(),
            new Class<?>[] {ProtocolIOSession.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "getLock" -> lock;
                case "isOpen" -> isOpen;
                case "hasCommands" -> false;
                case "getLastEventTime" -> lastEvent;
                case "read" -> read((ByteBuffer) arguments[0]);
                case "close" -> {
                    isOpen = false;
                    yield null;
                }
                default -> null;
            });
    private final TargetConnection connection = new TargetConnection(session, new Http1(session));

    private int read(ByteBuffer bytes) {
        bytes.put(arrives.getBytes(StandardCharsets.ISO_8859_1));
        return arrives.isEmpty() && ends ? -1 : arrives.length();
    }

    /** On its thread the request may go first: the reactor has yet to see what has come. */
    private boolean begins() {
        ExchangeHandler handler = (ExchangeHandler) Proxy.newProxyInstance(
                TargetConnectionTest.class.getClassLoader(),
                new Class<?>[] {ExchangeHandler.class},
                (proxy, method, arguments) -> null);
        return connection.begin(
                new TargetSession(session), new RequestExecutionCommand(handler, HttpCoreContext.create()));
    }

    /** The reactor may have seen a time-out while another thread was using the connection, or setting its time-out. */
    @Test
    void aTimeoutThatHasWaitedForItsTurnIsNoneAnyMore() throws IOException {
        lastEvent = System.currentTimeMillis();
        connection.timeout(session, Timeout.ofMinutes(1));
        assertThat(isOpen).isTrue();
        lastEvent -= 60_000;
        connection.timeout(session, Timeout.ofMinutes(1));
        assertThat(isOpen).isFalse();
    }

    private void idle() throws IOException {
        connection.connected(session);
        connection.idle();
        long since = System.nanoTime();
        await().until(() -> System.nanoTime() - since > TargetConnection.WORTH_A_LOOK_NANOS);
    }

    @Test
    void aConnectionOnWhichNothingHasComeTakesARequest() throws IOException {
        idle();
        assertThat(begins()).isTrue();
        assertThat(isOpen).isTrue();
    }

    /** Its request was answered 502, unless it could be repeated, although the target had not seen it. */
    @Test
    void aConnectionThatItsTargetHasClosedTakesNoRequest() throws IOException {
        idle();
        ends = true;
        assertThat(begins()).isFalse();
        assertThat(isOpen).isFalse();
    }

    /** It would be taken for the response to the request. */
    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 408 Late\r\n\r\n", "x"})
    void aConnectionOnWhichSomethingHasComeTakesNoRequest(String unasked) throws IOException {
        idle();
        arrives = unasked;
        assertThat(begins()).isFalse();
        assertThat(isOpen).isFalse();
    }
}
