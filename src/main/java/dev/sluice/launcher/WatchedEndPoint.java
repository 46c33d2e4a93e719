package dev.sluice.launcher;

import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection that its selector goes on watching while a request is served. Jetty's own end point is taken
 * out of the selector by every event, and the next reader puts it back, which wakes the selector: two to five system
 * calls for each request. Here that happens only when something comes that nobody reads at once.
 *
 * <p>As thread-safe as Jetty's: the selector's thread reports what is ready, while any other thread may ask for input.
 */
class WatchedEndPoint extends SocketChannelEndPoint {

    private enum Input {
        UNWATCHED,
        WATCHED,
        /** Watched, and a reader is to be told, once. */
        WANTED
    }

    private final AtomicReference<Input> input = new AtomicReference<>(Input.UNWATCHED);
    private SelectionKey key; // used on the selector's thread only

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
        int ready = key.readyOps();
        Runnable task = super.onSelected(); // ends the watching for the operations that are ready
        if ((ready & SelectionKey.OP_READ) == 0) {
            return task;
        }
        if (input.compareAndSet(Input.WATCHED, Input.UNWATCHED)) {
            return ready == SelectionKey.OP_READ ? null : task;
        }
        input.set(Input.WATCHED); // input was wanted; a reader that wants it again by now is told by this task too
        super.needsFillInterest();
        return task;
    }

    @Override
    public void replaceKey(SelectionKey newKey) {
        super.replaceKey(newKey);
        key = newKey;
    }
}
