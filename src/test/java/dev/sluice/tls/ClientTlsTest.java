package dev.sluice.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientTlsTest {

    private static SSLParameters identified(SSLEngine engine, String name, boolean verified) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        ClientTls.identify(parameters, name, verified);
        return parameters;
    }

    private static SSLParameters identified(String name, boolean verified) {
        return identified(ClientTls.trustingAll().createSSLEngine(name, 443), name, verified);
    }

    private static String clientHello(String name) throws SSLException {
        SSLEngine engine = ClientTls.trustingAll().createSSLEngine(name, 443);
        engine.setUseClientMode(true);
        engine.setSSLParameters(identified(engine, name, false));
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        return new String(hello.array(), 0, hello.position(), StandardCharsets.ISO_8859_1);
    }

    /**
     * Names within Docker and Kubernetes are like these. By itself, the JVM sends no name without a dot, and refuses
     * underscores.
     */
    @ParameterizedTest
    @ValueSource(strings = {"api", "my_api", "my_api.example", "api.example"})
    void everyNameIsSent(String name) throws SSLException {
        assertThat(clientHello(name)).contains(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "::1", "2001:db8::1"})
    void anAddressIsNotSent(String address) throws SSLException {
        assertThat(clientHello(address)).doesNotContain(address);
    }

    @Test
    void theNameIsComparedOnlyWhereItIsVerified() {
        assertThat(identified("api", true).getEndpointIdentificationAlgorithm()).isEqualTo("HTTPS");
        assertThat(identified("api", false).getEndpointIdentificationAlgorithm())
                .isEmpty();
    }
}
