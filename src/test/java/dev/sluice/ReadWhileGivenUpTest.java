package dev.sluice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A host that reports an error of a request while a thread of Sluice's reads it, and then gives the same objects to
 * another client's request, as Tomcat does at the moment in which reading finds a malformed chunk. Here, a filter does the
 * same.
 */
@Timeout(60)
class ReadWhileGivenUpTest {

    private final CountDownLatch reading = new CountDownLatch(1);
    private final CountDownLatch mayFail = new CountDownLatch(1);
    private volatile boolean hasRead;
    private volatile @Nullable AsyncContext async;
    private volatile @Nullable AsyncListener listener;
    private ProxyInJetty proxy;

    @BeforeEach
    void start() throws Exception {
        proxy = new ProxyInJetty(
                (request, response, chain) -> chain.doFilter(new ItsRequest((HttpServletRequest) request), response));
        proxy.answer(head -> "");
    }

    @AfterEach
    void stop() throws IOException {
        mayFail.countDown();
        proxy.close();
    }

    /** Once, another client's request was answered 400. */
    @Test
    void isTakenBackWhenItIsNoLongerRead() throws Exception {
        Socket client = proxy.begin("127.0.0.1", "POST / HTTP/1.1", "Host: a", "Content-Length: 0");
        reading.await();
        Thread host = new Thread(this::reportError);
        host.start();
        await().until(() -> host.getState() == Thread.State.TIMED_WAITING);
        assertThat(hasRead).isFalse();
        mayFail.countDown();
        host.join();
        assertThat(hasRead).isTrue();
        assertThat(proxy.inFlight()).isZero();
        client.close();
    }

    private void reportError() {
        try {
            requireNonNull(listener)
                    .onError(new AsyncEvent(requireNonNull(async), new IOException("a malformed chunk")));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private <T> T watched(Class<T> type, T real) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    if (method.getName().equals("addListener")) {
                        async = (AsyncContext) self;
                        listener = (AsyncListener) arguments[0];
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw requireNonNull(e.getCause());
                    }
                }));
    }

    /** Its host is neither Jetty nor Tomcat. */
    private final class ItsRequest extends ChunkedUpload {

        ItsRequest(HttpServletRequest request) {
            super(request, new Malformed());
        }

        @Override
        public ServletContext getServletContext() {
            return watched(ServletContext.class, super.getServletContext());
        }

        @Override
        public AsyncContext startAsync() {
            return watched(AsyncContext.class, super.startAsync());
        }

        @Override
        public AsyncContext startAsync(ServletRequest request, ServletResponse response) {
            return watched(AsyncContext.class, super.startAsync(request, response));
        }
    }

    private final class Malformed extends ServletInputStream {

        @Override
        public void setReadListener(ReadListener listener) {
            // it need not be called: the target's connection asks for the body
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public boolean isFinished() {
            return false;
        }

        @Override
        public int read() throws IOException {
            reading.countDown();
            try {
                mayFail.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            hasRead = true;
            throw new IOException("a malformed chunk");
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return read();
        }
    }
}
