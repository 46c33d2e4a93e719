package dev.sluice.contender;

import io.undertow.Undertow;
import io.undertow.server.handlers.proxy.LoadBalancingProxyClient;
import io.undertow.server.handlers.proxy.ProxyHandler;
import java.net.URI;
import org.xnio.Options;

/** Undertow's proxy with its defaults, except for limits that would refuse the measured load. */
public final class UndertowProxy {

    private static final int CONNECTIONS_PER_THREAD = 20_000;
    private static final int BACKLOG = 4_096;

    private UndertowProxy() {}

    /** Listens on 127.0.0.1. The arguments are the port and the targets, each {@code address:port}. */
    public static void main(String[] args) {
        LoadBalancingProxyClient targets = new LoadBalancingProxyClient();
        targets.setConnectionsPerThread(CONNECTIONS_PER_THREAD);
        for (int i = 1; i < args.length; i++) {
            targets.addHost(URI.create("http://" + args[i]));
        }
        Undertow.builder()
                .addHttpListener(Integer.parseInt(args[0]), "127.0.0.1")
                .setSocketOption(Options.BACKLOG, BACKLOG)
                .setHandler(ProxyHandler.builder().setProxyClient(targets).build())
                .build()
                .start();
    }
}
