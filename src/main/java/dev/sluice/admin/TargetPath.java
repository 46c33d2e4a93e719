package dev.sluice.admin;

import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import org.jspecify.annotations.Nullable;

/**
 * The path of an action on a target, below ADMIN_PATH: {@code /targets/{group}/{target}/{action}}. The target's name
 * may contain slashes, those of its base path: the group ends at the first slash, and the action begins after the last.
 * Immutable.
 */
record TargetPath(String group, String target, String action) {

    private static final String BEGINNING = "/targets/";

    /** Returns null if the path is not of this form. */
    static @Nullable TargetPath parse(String rest) {
        if (!rest.startsWith(BEGINNING)) {
            return null;
        }
        int group = rest.indexOf('/', BEGINNING.length());
        int action = rest.lastIndexOf('/');
        return group < 0 || action <= group
                ? null
                : new TargetPath(
                        PercentEncoding.decode(rest.substring(BEGINNING.length(), group)),
                        PercentEncoding.decode(rest.substring(group + 1, action)),
                        rest.substring(action + 1));
    }

    /**
     * The path without the action. Brackets are encoded, since hosts refuse them raw; the slashes of the target's name
     * are not, since hosts refuse them encoded.
     */
    static String of(TargetGroup group, Target target) {
        return BEGINNING + PercentEncoding.encode(group.name(), "") + "/" + PercentEncoding.encode(target.name(), "/@");
    }
}
