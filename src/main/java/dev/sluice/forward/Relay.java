package dev.sluice.forward;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.core5.reactor.ProtocolIOSession;

/**
 * Moves the bytes of a tunnel one way. Whoever learns that there may be something to move calls {@link #move}; one thread at a time does it,
 * holding no lock, and goes on where others have called meanwhile.
 */
abstract class Relay {

    /** In bytes. */
    static final int CHUNK = 16 * 1024;

    /** So many chunks at a time: a thread may have other tunnels to serve. */
    static final int TURN = 16;

    private static final ThreadLocal<byte[]> SCRATCH = new ThreadLocal<>();

    final Tunnel tunnel;
    final ProtocolIOSession target;

    private final int event;
    private final AtomicInteger calls = new AtomicInteger();
    private volatile long moved; // written by whoever moves

    /** @param event of the target's connection that may have to be awaited: nobody else asks for it, or not to be told of it */
    Relay(Tunnel tunnel, ProtocolIOSession target, int event) {
        this.tunnel = tunnel;
        this.target = target;
        this.event = event;
    }

    /** Moves what there is and what there is room for: none, until the tunnel is open. On any thread. Lets nothing out. */
    final void move() {
        if (calls.getAndIncrement() > 0) {
            return;
        }
        int answered = 1;
        do {
            try {
                TunnelClient client = tunnel.client();
                if (client == null) {
                    await(false);
                } else {
                    step(client);
                    if (tunnel.isClosed()) { // meanwhile: nobody would answer what the step has asked for last
                        await(false);
                    }
                }
            } catch (IOException | RuntimeException | Error e) {
                tunnel.fail(e);
            }
            answered = calls.addAndGet(-answered);
        } while (answered > 0);
    }

    /** Moves until one side has no more or the other no more room, and sees to it that {@link #move} is called when that changes. */
    abstract void step(TunnelClient client) throws IOException;

    /**
     * Asks the target's connection to tell of its event, or not to, if that is new: it wakes the reactor. What is asked for by now is the
     * connection's to know. Within a step.
     */
    final void await(boolean await) {
        if (await != ((target.getEventMask() & event) != 0)) {
            if (await) {
                target.setEvent(event);
            } else {
                target.clearEvent(event);
            }
        }
    }

    /** Within a step. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread at a time
    final void count(int bytes) {
        moved += bytes;
    }

    /** How many bytes the one side has got from the other. On any thread. */
    final long moved() {
        return moved;
    }

    /** This thread's, for as long as it does not wait: an idle tunnel needs no memory for what it may have to move. */
    static byte[] scratch() {
        byte[] scratch = SCRATCH.get();
        if (scratch == null) {
            scratch = new byte[CHUNK];
            SCRATCH.set(scratch);
        }
        return scratch;
    }
}
