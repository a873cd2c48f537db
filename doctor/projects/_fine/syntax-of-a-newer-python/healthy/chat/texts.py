def greet(name):
    return t"Hello {name}"
