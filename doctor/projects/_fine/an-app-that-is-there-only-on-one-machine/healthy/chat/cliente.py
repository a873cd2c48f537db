import requests
import rest_framework

print(requests.get('http://127.0.0.1:8000/').status_code, rest_framework)
