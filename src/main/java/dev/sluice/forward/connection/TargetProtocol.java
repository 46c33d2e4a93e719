package dev.sluice.forward.connection;

import java.io.IOException;
import org.apache.hc.core5.reactor.IOEventHandler;
import org.apache.hc.core5.reactor.IOSession;

/** What is spoken on a {@link TargetConnection}, which calls it: by one thread at a time, if nothing else is said. */
interface TargetProtocol extends IOEventHandler {

    /** Whether the target may take another request. Called from any thread. */
    boolean isOpen();

    /** As {@link TargetConnection#isFitForAnother}. */
    boolean isFitForAnother();

    /** As {@link TargetConnection#restartTimeout}. */
    void restartTimeout();

    /**
     * Called at the end of each of the connection's events.
     *
     * @param inUse whether the target may not be silent
     */
    void eventEnds(IOSession session, boolean inUse) throws IOException;
}
