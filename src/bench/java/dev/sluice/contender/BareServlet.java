package dev.sluice.contender;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** The cost of a servlet that answers with 1 KiB itself, at {@code /1k}, in an embedded Jetty with its defaults. */
public final class BareServlet extends HttpServlet {

    private static final byte[] BODY = new byte[1_024];

    /** Listens on 127.0.0.1. The argument is the port. */
    public static void main(String[] args) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.parseInt(args[0]));
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler();
        context.addServlet(BareServlet.class, "/1k");
        server.setHandler(context);
        server.start();
        server.join();
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentLength(BODY.length);
        response.getOutputStream().write(BODY);
    }
}
