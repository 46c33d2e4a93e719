package dev.sluice.contract;

import dev.sluice.contract.host.TomcatHost;

/** All contracts in Tomcat 11. */
final class Tomcat11IT extends Contracts {

    Tomcat11IT() {
        super(TomcatHost.tomcat11());
    }
}
