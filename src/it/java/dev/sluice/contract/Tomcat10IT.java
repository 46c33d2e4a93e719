package dev.sluice.contract;

import dev.sluice.contract.host.TomcatHost;

/** All contracts in Tomcat 10.1. */
final class Tomcat10IT extends Contracts {

    Tomcat10IT() {
        super(TomcatHost.tomcat10());
    }
}
