package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventsTest {

    private final Events events = new Events();
    private final Server jetty = new Server();
    private final ServerConnector listener = new ServerConnector(jetty);

    @BeforeEach
    void start() throws Exception {
        ServletContextHandler context = new ServletContextHandler("/");
        ServletHolder page = holder(events);
        page.setAsyncSupported(true);
        context.addServlet(page, "/events");
        context.addServlet(holder(events), "/refused");
        jetty.setHandler(context);
        jetty.addConnector(listener);
        jetty.start();
    }

    @AfterEach
    void stop() throws Exception {
        events.close();
        jetty.stop();
    }

    /**
     * A stream that the host refused to start used to keep its place: after twenty of those, nobody could watch any
     * more.
     */
    @Test
    void aStreamThatIsNotBegunTakesNoPlace() throws Exception {
        for (int i = 0; i < 20; i++) {
            assertThat(ask("/refused").statusCode()).isEqualTo(500);
        }
        assertThat(ask("/events").statusCode()).isEqualTo(200);
    }

    /** They close also when another configuration takes over, and Sluice goes on. */
    @Test
    void whoComesToWhatHasClosedIsNotToldThatSluiceStops() throws Exception {
        events.close();
        HttpResponse<InputStream> refusal = ask("/events");
        assertThat(refusal.statusCode()).isEqualTo(503);
        assertThat(refusal.body()).hasContent("the configuration has changed, or Sluice stops");
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

    private HttpResponse<InputStream> ask(String path) throws Exception {
        URI address = URI.create("http://127.0.0.1:" + listener.getLocalPort() + path);
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofInputStream());
    }
}
