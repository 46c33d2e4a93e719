package dev.sluice.forward;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.util.concurrent.locks.Lock;
import org.apache.hc.core5.http.nio.command.RequestExecutionCommand;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.Command;
import org.apache.hc.core5.reactor.IOEventHandler;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * What a connection in clear text is to HttpCore, with fewer system calls: a request is sent by the thread that has it, not by the reactor
 * that has to be woken for that, and the reactor is told only what is new to it. As thread-safe as what it decorates.
 */
final class TargetSession implements IOSession {

    private final IOSession session;

    TargetSession(IOSession session) {
        this.session = session;
    }

    @Override
    public void enqueue(Command command, Command.Priority priority) {
        boolean isDone = command instanceof RequestExecutionCommand request
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

    @Override
    public void setEvent(int op) {
        Interest.locked(session, () -> {
            if (session.isOpen() && (op & ~session.getEventMask()) != 0) {
                session.setEvent(op);
            }
        });
    }

    @Override
    public void clearEvent(int op) {
        Interest.locked(session, () -> {
            if (session.isOpen() && (session.getEventMask() & op) != 0) {
                session.clearEvent(op);
            }
        });
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
        return session.getEventMask();
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
