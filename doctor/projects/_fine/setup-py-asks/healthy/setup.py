from setuptools import find_packages, setup

setup(
    name='sala',
    packages=find_packages(),
    install_requires=[
        'django~=5.2',
        'channels[daphne]~=4.3',
        'channels-redis~=4.3',
        'redis<8',
    ],
)
