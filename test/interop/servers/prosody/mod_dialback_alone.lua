-- SASL EXTERNAL is neither offered to other servers nor used: dialback it is, whatever their certificates say.
-- Stanzas are acknowledged all the same, as XEP-0198 3 allows: mod_smacks itself looks for that only where there are features
-- after authentication, which dialback does not have. So it is offered before, and told of them again when dialback is done.
local timer = require "util.timer"

local xmlns_sasl = "urn:ietf:params:xml:ns:xmpp-sasl"
local xmlns_sm = "urn:xmpp:sm:3"
local FEATURES = "stanza/http://etherx.jabber.org/streams:features"

module:hook("s2s-stream-features", function (event)
  local session, features = event.origin, event.features
  features:remove_children("mechanisms", xmlns_sasl)
  if session.type == "s2sin_unauthed" and session.cert_identity_status == "valid" then
    features:tag("sm", { xmlns = xmlns_sm }):up()
  end
end, -10)

module:hook(FEATURES, function (event)
  local session, features = event.origin, event.stanza
  if session.type ~= "s2sout_unauthed" or not session.secure then return end
  features:remove_children("mechanisms", xmlns_sasl)
  session.features_before_dialback = features
end, 300)

module:hook("s2s-authenticated", function (event)
  local session = event.session
  local features = session.features_before_dialback
  if not features then return end
  session.features_before_dialback = nil
  timer.add_task(1e-3, function ()
    session.external_auth = "succeeded" -- so that dialback is not begun once more
    module:fire_event(FEATURES, { origin = session, stanza = features })
  end)
end, 10)
