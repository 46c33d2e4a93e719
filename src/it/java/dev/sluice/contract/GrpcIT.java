package dev.sluice.contract;

import dev.sluice.contract.host.LauncherHost;

/** gRPC through {@code java -jar sluice.war}. */
final class GrpcIT extends GrpcCalls {

    GrpcIT() {
        super(new LauncherHost());
    }
}
