package dev.sluice.contract;

import dev.sluice.contract.host.TomcatHost;

/** The promises, kept in Tomcat 11. */
final class Tomcat11IT extends Contracts {

    Tomcat11IT() {
        super(TomcatHost.tomcat11());
    }
}
