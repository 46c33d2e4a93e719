/** What TLS connections to targets have in common, whether they carry requests or health checks. */
@NullMarked
package dev.sluice.tls;

import org.jspecify.annotations.NullMarked;
