package dev.sluice.contract;

import dev.sluice.contract.host.TomcatHost;

/** The promises, kept in Tomcat 10.1. */
final class Tomcat10IT extends Contracts {

    Tomcat10IT() {
        super(TomcatHost.tomcat10());
    }
}
