package dev.sluice.contract;

import dev.sluice.contract.host.JettyHost;

/** All contracts in Jetty 12.1, environment ee11. */
final class JettyEe11IT extends Contracts {

    JettyEe11IT() {
        super(JettyHost.ee11());
    }
}
