package dev.sluice.launcher;

import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection that its selector goes on watching while a request is served. Jetty's own is taken out of the selector by every
 * event, and put back by whoever wants to read again, for which the selector is woken: up to three system calls for each request. Here
 * that happens only where something comes that nobody wants to read yet.
 *
 * <p>As thread-safe as Jetty's: the selector's thread tells what is ready, while any other may come to want input.
 */
final class WatchedEndPoint extends SocketChannelEndPoint {

    private enum Input {
        UNWATCHED,
        WATCHED,
        /** Watched, and whoever wants it is to be told, once. */
        WANTED
    }

    private final AtomicReference<Input> input = new AtomicReference<>(Input.UNWATCHED);
    private SelectionKey key; // the selector's thread's

    WatchedEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
        super(channel, selector, key, scheduler);
        this.key = key;
    }

    @Override
    protected void needsFillInterest() {
        if (input.getAndSet(Input.WANTED) == Input.UNWATCHED) {
            super.needsFillInterest();
        }
    }

    @Override
    public @Nullable Runnable onSelected() {
        Runnable task = super.onSelected(); // it ends the watching for what is ready
        int ready = key.readyOps();
        if ((ready & SelectionKey.OP_READ) == 0) {
            return task;
        }
        if (isUnwanted()) {
            return ready == SelectionKey.OP_READ ? null : task;
        }
        super.needsFillInterest();
        return task;
    }

    /** If so, it is not watched any more until somebody wants it, who may come at the same time. Else that is known to nobody else from now on. */
    private boolean isUnwanted() {
        while (!input.compareAndSet(Input.WANTED, Input.WATCHED)) {
            if (input.compareAndSet(Input.WATCHED, Input.UNWATCHED)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void replaceKey(SelectionKey newKey) {
        super.replaceKey(newKey);
        key = newKey;
    }
}
