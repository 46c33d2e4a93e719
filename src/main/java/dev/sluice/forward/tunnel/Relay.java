package dev.sluice.forward.tunnel;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.core5.reactor.ProtocolIOSession;

/**
 * Moves the bytes of a tunnel in one direction. Whoever learns that there may be something to move calls {@link #move}.
 * One thread at a time moves, holding no lock, and goes on if others have called meanwhile.
 */
abstract class Relay {

    /** Bytes. */
    static final int CHUNK = 16 * 1024;

    /** Chunks that are moved at a time: the thread may have other tunnels to serve. */
    static final int TURN = 16;

    private static final ThreadLocal<byte[]> SCRATCH = new ThreadLocal<>();

    final Tunnel tunnel;
    final ProtocolIOSession target;

    private final int event;
    private final AtomicInteger calls = new AtomicInteger();
    private volatile long moved; // written by the thread that moves

    /**
     * @param event of the target's connection that may have to be awaited; while the tunnel is open, nobody else starts
     *     or stops waiting for it
     */
    Relay(Tunnel tunnel, ProtocolIOSession target, int event) {
        this.tunnel = tunnel;
        this.target = target;
        this.event = event;
    }

    /**
     * Moves what there is, as far as there is room; nothing until the tunnel is open. May be called from any thread.
     * Throws nothing.
     */
    final void move() {
        if (calls.getAndIncrement() > 0) {
            return;
        }
        int answered = 1;
        do {
            try {
                TunnelClient client = tunnel.client();
                if (client == null) {
                    watch(false);
                } else {
                    step(client);
                    if (tunnel.isClosed()) { // meanwhile: nobody would handle the event that the step asked for last
                        watch(false);
                    }
                }
            } catch (IOException | RuntimeException | Error e) {
                tunnel.fail(e);
            }
            answered = calls.addAndGet(-answered);
        } while (answered > 0);
    }

    /**
     * Moves bytes until one side has no more or the other has no more room, and makes sure that {@link #move} is called
     * when that changes. Called by one thread at a time.
     */
    abstract void step(TunnelClient client) throws IOException;

    /**
     * Starts or stops waiting for the event of the target's connection, but only if that is a change, since it wakes
     * the reactor. The connection knows the current state. Called by the thread that moves.
     */
    final void watch(boolean watches) {
        if (watches != ((target.getEventMask() & event) != 0)) {
            if (watches) {
                target.setEvent(event);
            } else {
                target.clearEvent(event);
            }
        }
    }

    /** Called by the thread that moves. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread at a time
    final void count(int bytes) {
        moved += bytes;
    }

    /** How many bytes one side has got from the other. May be called from any thread. */
    final long moved() {
        return moved;
    }

    /**
     * The calling thread's buffer, for one step at most: an idle tunnel needs no memory for what it may have to move.
     */
    static byte[] scratch() {
        byte[] scratch = SCRATCH.get();
        if (scratch == null) {
            scratch = new byte[CHUNK];
            SCRATCH.set(scratch);
        }
        return scratch;
    }
}
