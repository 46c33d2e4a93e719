package dev.sluice.contract;

import dev.sluice.contract.host.JettyHost;

/** All contracts in Jetty 12.1, environment ee10. */
final class JettyEe10IT extends Contracts {

    JettyEe10IT() {
        super(JettyHost.ee10());
    }
}
