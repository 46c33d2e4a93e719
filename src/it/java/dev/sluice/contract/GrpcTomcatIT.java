package dev.sluice.contract;

import dev.sluice.contract.host.TomcatHost;

/** gRPC through Tomcat, whose HTTP/2 is not Jetty's. */
final class GrpcTomcatIT extends GrpcCalls {

    GrpcTomcatIT() {
        super(TomcatHost.tomcat11().withHttp2());
    }
}
