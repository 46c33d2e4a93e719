[description]
Serves Sluice at / on LISTENER_PORT, set up as the executable WAR sets up its own Jetty.

[depend]
server
http
http2c
graceful
ee10-deploy

[xml]
etc/sluice.xml

[ini]
# A path goes on byte for byte: what two readers could read differently is for Sluice to judge, not for Jetty.
jetty.httpConfig.uriCompliance?=RFC3986,AMBIGUOUS_EMPTY_SEGMENT,AMBIGUOUS_PATH_SEPARATOR,AMBIGUOUS_PATH_ENCODING,AMBIGUOUS_PATH_SEGMENT,AMBIGUOUS_PATH_PARAMETER,BAD_UTF8_ENCODING
jetty.httpConfig.requestHeaderSize?=32768
jetty.httpConfig.maxResponseHeaderSize?=65536
jetty.httpConfig.sendServerVersion?=false
jetty.httpConfig.sendDateHeader?=true
# Jetty counts PINGs, too, of which Go's clients of gRPC send thousands.
jetty.http2c.rateControl.maxEventsPerSecond?=10000
jetty.http.acceptQueueSize?=1024
jetty.http.idleTimeout?=60000
jetty.server.stopTimeout?=10000
