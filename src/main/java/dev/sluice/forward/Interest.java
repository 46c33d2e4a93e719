package dev.sluice.forward;

import java.util.concurrent.locks.Lock;
import org.apache.hc.core5.reactor.IOSession;

/**
 * What a connection's reactor is to tell of. Any thread may change that, while any other closes the connection: then nothing is asked for, which
 * TLS would do all the same, of a key that is cancelled by then. Thread-safe.
 */
final class Interest {

    private Interest() {}

    /** @param events of {@link java.nio.channels.SelectionKey} */
    static void add(IOSession session, int events) {
        locked(session, () -> {
            if (session.isOpen()) {
                session.setEvent(events);
            }
        });
    }

    /** @param events of {@link java.nio.channels.SelectionKey} */
    static void remove(IOSession session, int events) {
        locked(session, () -> {
            if (session.isOpen()) {
                session.clearEvent(events);
            }
        });
    }

    /** Runs it while nobody else changes what the session waits for, or closes it. */
    static void locked(IOSession session, Runnable change) {
        Lock lock = session.getLock();
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }
}
