package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ssl.SSLBufferMode;
import org.apache.hc.core5.reactor.ssl.SSLIOSession;
import org.apache.hc.core5.reactor.ssl.SSLMode;
import org.apache.hc.core5.util.Timeout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TargetSessionTest {

    private Selector selector;
    private SocketChannel channel;
    private SelectionKey key;
    private boolean isOpen = true;
    private int changes;
    private int looks;

    @BeforeEach
    void open() throws IOException {
        selector = Selector.open();
        channel = SocketChannel.open();
        channel.configureBlocking(false);
        key = channel.register(selector, SelectionKey.OP_READ);
    }

    @AfterEach
    void close() throws IOException {
        channel.close();
        selector.close();
    }

    private TargetSession session(boolean tls) throws Exception {
        ReentrantLock lock = new ReentrantLock();
        IOSession raw = (IOSession) Proxy.newProxyInstance(
                TargetSessionTest.class.getClassLoader(),
                new Class<?>[] {IOSession.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getLock" -> lock;
                    case "isOpen" -> isOpen;
                    case "getEventMask" -> look();
                    case "setEventMask" -> change((int) arguments[0]);
                    case "setEvent" -> change(key.interestOps() | (int) arguments[0]);
                    case "clearEvent" -> change(key.interestOps() & ~(int) arguments[0]);
                    default -> null;
                });
        return new TargetSession(tls ? tls(raw) : raw);
    }

    private static IOSession tls(IOSession raw) throws Exception {
        return new SSLIOSession(
                new HttpHost("localhost", 443),
                raw,
                SSLMode.CLIENT,
                SSLContext.getDefault(),
                SSLBufferMode.STATIC,
                null,
                null,
                null,
                null,
                Timeout.ofSeconds(1));
    }

    private int look() {
        looks++;
        return key.interestOps();
    }

    private int change(int mask) {
        changes++;
        key.interestOps(mask);
        return mask;
    }

    @Test
    void aReactorIsToldOnlyWhatIsNew() throws Exception {
        TargetSession session = session(false);
        session.setEvent(SelectionKey.OP_READ);
        session.clearEvent(SelectionKey.OP_WRITE);
        assertThat(changes).isZero();
        session.setEvent(SelectionKey.OP_WRITE);
        assertThat(session.getEventMask()).isEqualTo(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        session.clearEvent(SelectionKey.OP_READ);
        assertThat(session.getEventMask()).isEqualTo(SelectionKey.OP_WRITE);
        assertThat(changes).isEqualTo(2);
    }

    /** Another thread has cancelled its key, and marks it as closed next. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aConnectionThatIsBeingClosedCanBeAskedForAnything(boolean tls) throws Exception {
        TargetSession session = session(tls);
        key.cancel();
        session.setEvent(SelectionKey.OP_WRITE);
        session.clearEvent(SelectionKey.OP_READ);
        assertThat(session.getEventMask() & SelectionKey.OP_READ).isZero();
        assertThat(changes).isZero();
    }

    @Test
    void nothingNewIsAskedOfAConnectionThatIsClosed() throws Exception {
        TargetSession session = session(false);
        isOpen = false;
        session.setEvent(SelectionKey.OP_WRITE);
        session.clearEvent(SelectionKey.OP_READ);
        assertThat(changes).isZero();
    }

    /** The two ends exchange close_notify then. */
    @Test
    void tlsLooksWhatItHasToDoWhileItIsBeingClosed() throws Exception {
        TargetSession session = session(true);
        isOpen = false;
        session.setEvent(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        int before = looks;
        assertThat(before).isPositive();
        session.clearEvent(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        assertThat(looks).isGreaterThan(before);
    }
}
