/** Connections to targets: pools, HTTP/1.1 and HTTP/2 on a connection, and the buffers that responses are read into. */
@NullMarked
package dev.sluice.forward.connection;

import org.jspecify.annotations.NullMarked;
