package dev.sluice.forward.connection;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.CancelledKeyException;
import java.util.concurrent.locks.Lock;
import org.apache.hc.core5.http.nio.command.RequestExecutionCommand;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.Command;
import org.apache.hc.core5.reactor.IOEventHandler;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ssl.SSLIOSession;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a target as HttpCore's I/O session. Any thread may change which events it waits for, while any other
 * closes it. In HTTP/1.1 in clear text it saves system calls: a request is sent by the thread that has it, for which no reactor has
 * to be woken, and the reactor is told only of changes. As thread-safe as the session that it decorates.
 */
final class TargetSession implements IOSession {

    private final IOSession session;
    private final boolean isTls;

    TargetSession(IOSession session) {
        this.session = session;
        this.isTls = session instanceof SSLIOSession;
    }

    @Override
    public void enqueue(Command command, Command.Priority priority) {
        boolean isDone = !isTls
                && command instanceof RequestExecutionCommand request
                && session.getHandler() instanceof TargetConnection connection
                && connection.begin(this, request);
        if (!isDone) {
            session.enqueue(command, priority);
        }
    }

    @Override
    public @Nullable Command poll() {
        return session.poll();
    }

    @Override
    public boolean hasCommands() {
        return session.hasCommands();
    }

    /**
     * Over TLS this is always passed on, even if the session is being closed: TLS then checks whether it has something
     * of its own to send or to wait for.
     */
    @Override
    public void setEvent(int op) {
        change(() -> {
            if (isTls || (session.isOpen() && (op & ~session.getEventMask()) != 0)) {
                session.setEvent(op);
            }
        });
    }

    /** Passed on as by {@link #setEvent}. */
    @Override
    public void clearEvent(int op) {
        change(() -> {
            if (isTls || (session.isOpen() && (op & session.getEventMask()) != 0)) {
                session.clearEvent(op);
            }
        });
    }

    private void change(Runnable change) {
        Lock lock = session.getLock();
        lock.lock();
        try {
            change.run();
        } catch (CancelledKeyException e) {
            // it was closed meanwhile, which its reactor thread reports
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String getId() {
        return session.getId();
    }

    @Override
    public Lock getLock() {
        return session.getLock();
    }

    @Override
    public ByteChannel channel() {
        return session.channel();
    }

    @Override
    public SocketAddress getRemoteAddress() {
        return session.getRemoteAddress();
    }

    @Override
    public SocketAddress getLocalAddress() {
        return session.getLocalAddress();
    }

    @Override
    public int getEventMask() {
        try {
            return session.getEventMask();
        } catch (CancelledKeyException e) {
            return 0;
        }
    }

    @Override
    public void setEventMask(int ops) {
        session.setEventMask(ops);
    }

    @Override
    public void close() {
        session.close();
    }

    @Override
    public void close(CloseMode mode) {
        session.close(mode);
    }

    @Override
    public boolean isOpen() {
        return session.isOpen();
    }

    @Override
    public Status getStatus() {
        return session.getStatus();
    }

    @Override
    public Timeout getSocketTimeout() {
        return session.getSocketTimeout();
    }

    @Override
    public void setSocketTimeout(Timeout timeout) {
        session.setSocketTimeout(timeout);
    }

    @Override
    public long getLastReadTime() {
        return session.getLastReadTime();
    }

    @Override
    public long getLastWriteTime() {
        return session.getLastWriteTime();
    }

    @Override
    public long getLastEventTime() {
        return session.getLastEventTime();
    }

    @Override
    public void updateReadTime() {
        session.updateReadTime();
    }

    @Override
    public void updateWriteTime() {
        session.updateWriteTime();
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return session.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return session.write(source);
    }

    @Override
    public IOEventHandler getHandler() {
        return session.getHandler();
    }

    @Override
    public void upgrade(IOEventHandler handler) {
        session.upgrade(handler);
    }
}
