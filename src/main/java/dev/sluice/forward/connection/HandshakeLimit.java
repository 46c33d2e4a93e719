package dev.sluice.forward.connection;

import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.io.ModalCloseable;
import org.apache.hc.core5.io.SocketTimeoutExceptionFactory;
import org.apache.hc.core5.reactor.ssl.TransportSecurityLayer;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Ends a TLS handshake that takes too long: HttpCore's own time-out restarts with each byte. Whether it has, or the
 * handshake has ended in time, is decided once. Safe for use by many threads.
 */
final class HandshakeLimit implements FutureCallback<TransportSecurityLayer> {

    private final FutureCallback<TransportSecurityLayer> callback;
    private final Timeout timeout;
    private final AtomicBoolean decided = new AtomicBoolean();
    private final @Nullable Future<?> limit;

    /** @param callback is told how the handshake has ended, on any thread */
    HandshakeLimit(
            TransportSecurityLayer connection,
            Timeout timeout,
            ScheduledExecutorService timer,
            FutureCallback<TransportSecurityLayer> callback) {
        this.callback = callback;
        this.timeout = timeout;
        this.limit = after(timeout, timer, () -> end(connection));
    }

    /** Null once everything ends, this connection too. */
    private static @Nullable Future<?> after(Timeout timeout, ScheduledExecutorService timer, Runnable task) {
        try {
            return timer.schedule(task, timeout.toMilliseconds(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    /** HttpCore does not tell of a handshake whose connection is closed. */
    private void end(TransportSecurityLayer connection) {
        if (decided.compareAndSet(false, true)) {
            try {
                if (connection instanceof ModalCloseable closeable) {
                    closeable.close(CloseMode.IMMEDIATE);
                }
            } finally {
                callback.failed(SocketTimeoutExceptionFactory.create(timeout));
            }
        }
    }

    /** Returns true if the handshake has ended in time, and nobody was told yet. */
    private boolean isInTime() {
        if (limit != null) {
            limit.cancel(false);
        }
        return decided.compareAndSet(false, true);
    }

    @Override
    public void completed(TransportSecurityLayer secured) {
        if (isInTime()) {
            callback.completed(secured);
        }
    }

    @Override
    public void failed(Exception cause) {
        if (isInTime()) {
            callback.failed(cause);
        }
    }

    @Override
    public void cancelled() {
        if (isInTime()) {
            callback.cancelled();
        }
    }
}
