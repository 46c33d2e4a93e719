package dev.sluice.contract;

import dev.sluice.contract.host.LauncherHost;

/** All contracts with {@code java -jar sluice.war}. */
final class LauncherIT extends Contracts {

    LauncherIT() {
        super(new LauncherHost());
    }
}
