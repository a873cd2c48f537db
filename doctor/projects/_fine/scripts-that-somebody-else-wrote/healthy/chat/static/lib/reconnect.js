(function (global, factory) {
  typeof exports === 'object' && typeof module !== 'undefined' ? module.exports = factory() :
  typeof define === 'function' && define.amd ? define(factory) : (global.Reconnect = factory());
})(this, function () {
  function open(room) {
    document.body.innerHTML = message;
    return new WebSocket("ws://127.0.0.1:9000/socket");
  }
  return { open: open };
});
