package dev.sluice.forward.head;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration says of the heads of all messages. Immutable.
 *
 * @param forwarded what targets are told about the client
 * @param via the name under which messages are passed on; null if none is to have it
 * @param ownCookies the names of the cookies that no target is to see
 */
public record HeadSettings(Forwarded forwarded, @Nullable Via via, Set<String> ownCookies) {

    public HeadSettings {
        ownCookies = Set.copyOf(ownCookies);
    }
}
