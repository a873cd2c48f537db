from setuptools import setup

with open('pacotes') as lista:
    setup(name='sala', install_requires=lista.read().splitlines())
