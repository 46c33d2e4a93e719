package dev.sluice.contract;

import dev.sluice.contract.host.LauncherHost;

/** The promises, kept by {@code java -jar sluice.war}. */
final class LauncherIT extends Contracts {

    LauncherIT() {
        super(new LauncherHost());
    }
}
