"""placeholder being written"""
from flask import Blueprint

blueprint = Blueprint("discovery", __name__)
