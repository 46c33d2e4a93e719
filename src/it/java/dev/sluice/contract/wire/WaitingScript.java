package dev.sluice.contract.wire;

import java.io.IOException;

/** Answers requests only when it may. Safe for use by many threads. */
public final class WaitingScript implements Script {

    /** What it answers in the end. */
    public static final String TEXT = "finished";

    private final Signal reached = new Signal();
    private final Signal mayAnswer = new Signal();

    @Override
    public void play(TargetExchange exchange) throws IOException {
        reached.give();
        mayAnswer.take();
        exchange.answer("200 OK", TEXT);
    }

    /** Waits for one more request. */
    public void awaitRequest() throws IOException {
        reached.take();
    }

    /** Lets it answer one request. */
    public void answer() {
        mayAnswer.give();
    }
}
