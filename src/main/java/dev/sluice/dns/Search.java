package dev.sluice.dns;

import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.xbill.DNS.Name;

/**
 * Looks up one after the other of the names that a configured name may stand for, until DNS has anything for one of
 * them, or cannot tell. Unlike in dnsjava's own search, a name that has other records only, such as by a wildcard, ends
 * nothing, and IPv4 and IPv6 addresses are never of different names.
 */
final class Search {

    /** What DNS has for one name. */
    interface Finding {

        /** Whether DNS has nothing for the name, so that another one may be meant. */
        boolean isAbsent();

        /** Whether there is no such name, and so no record of any type. */
        boolean isNxdomain();
    }

    private Search() {}

    /** If DNS has nothing for any of the names, the finding is of the first that exists, else of the last. */
    static <T extends Finding> CompletionStage<T> through(
            Iterator<Name> names, Function<Name, ? extends CompletionStage<T>> lookUp) {
        return lookUp.apply(names.next())
                .thenCompose(found -> found.isAbsent() && names.hasNext()
                        ? through(names, lookUp)
                                .thenApply(next -> next.isAbsent() && !found.isNxdomain() ? found : next)
                        : CompletableFuture.completedFuture(found));
    }
}
