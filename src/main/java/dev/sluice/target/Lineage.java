package dev.sluice.target;

import dev.sluice.health.Ejections;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * What a group has in common with all that succeed it under its name. Safe for use by many threads.
 *
 * @param takenOut those of all groups of this name, even if it was not configured in between
 * @param whenGone called with each target whose drain has ended
 * @param timer single-threaded, for short tasks
 * @param nanoClock as {@link System#nanoTime}
 * @param random from 0 to 1
 */
record Lineage(
        LookUps lookUps,
        Ejections ejections,
        TakenOut takenOut,
        RequestQueue queue,
        Consumer<Target> whenGone,
        ScheduledExecutorService timer,
        LongSupplier nanoClock,
        DoubleSupplier random) {

    /** The beginning of one: nothing is counted, ejected or waiting. */
    Lineage(
            TakenOut takenOut,
            Consumer<Target> whenGone,
            ScheduledExecutorService timer,
            LongSupplier nanoClock,
            DoubleSupplier random) {
        this(new LookUps(), new Ejections(), takenOut, new RequestQueue(timer), whenGone, timer, nanoClock, random);
    }
}
