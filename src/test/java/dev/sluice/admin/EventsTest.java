package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;

class EventsTest {

    /**
     * A stream that the host refused to start used to keep its place: after twenty of those, nobody could watch any
     * more.
     */
    @Test
    void aStreamThatIsNotBegunTakesNoPlace() throws Exception {
        Events events = new Events();
        Server jetty = new Server();
        ServerConnector listener = new ServerConnector(jetty);
        ServletContextHandler context = new ServletContextHandler("/");
        ServletHolder page = holder(events);
        page.setAsyncSupported(true);
        context.addServlet(page, "/events");
        context.addServlet(holder(events), "/refused");
        jetty.setHandler(context);
        jetty.addConnector(listener);
        jetty.start();
        try {
            URI host = URI.create("http://127.0.0.1:" + listener.getLocalPort());
            HttpClient client = HttpClient.newHttpClient();
            for (int i = 0; i < 20; i++) {
                assertThat(status(client, host.resolve("/refused"))).isEqualTo(500);
            }
            assertThat(status(client, host.resolve("/events"))).isEqualTo(200);
        } finally {
            events.close();
            jetty.stop();
        }
    }

    /** Does not support async unless the caller changes that. */
    private static ServletHolder holder(Events events) {
        ServletHolder holder = new ServletHolder(new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                events.serve(request, response);
            }
        });
        holder.setAsyncSupported(false);
        return holder;
    }

    private static int status(HttpClient client, URI address) throws Exception {
        return client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofInputStream())
                .statusCode();
    }
}
